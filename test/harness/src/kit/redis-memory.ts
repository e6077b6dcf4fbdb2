import { HarnessFault } from "../abi/fault";
import { decodeWords, encodeResp, RespError, simpleString, type RespValue } from "../abi/resp";
import type { RedisConnection, RedisEnv, RedisLogin } from "../types";

type Value = string | Map<string, string> | string[] | Set<string> | SortedSet;
class SortedSet extends Map<string, number> {}

/** Calls a command from inside a script. */
export type RedisCall = (...words: (string | number)[]) => RespValue;
export type RedisScript = (keys: string[], args: string[], call: RedisCall) => RespValue;
type Command = (args: string[], db: Database) => RespValue | Uint8Array;

const OK = simpleString("OK");
const NOT_INTEGER = new RespError("ERR value is not an integer or out of range");
const WRONG_TYPE = new RespError(
  "WRONGTYPE Operation against a key holding the wrong kind of value",
);

/** One database: values and expiry times. Strings are UTF-8 text. */
class Database {
  now = 0;
  private values = new Map<string, { value: Value; expires: number }>();

  private alive(key: string): { value: Value; expires: number } | undefined {
    const entry = this.values.get(key);
    if (entry && entry.expires <= this.now) this.values.delete(key);
    return this.values.get(key);
  }
  get(key: string): Value | undefined {
    return this.alive(key)?.value;
  }
  text(key: string): string | undefined {
    const value = this.get(key);
    if (value !== undefined && typeof value !== "string") throw WRONG_TYPE;
    return value;
  }
  /** Collection under `key`, made when absent. */
  collection<T extends Value>(key: string, type: new () => T, make = true): T {
    const value = this.get(key);
    if (value === undefined) {
      const fresh = new type();
      if (make) this.values.set(key, { value: fresh, expires: Infinity });
      return fresh;
    }
    if (!(value instanceof type)) throw WRONG_TYPE;
    return value;
  }
  set(key: string, value: Value, keepTtl = false): void {
    const expires = keepTtl ? (this.alive(key)?.expires ?? Infinity) : Infinity;
    this.values.set(key, { value, expires });
  }
  delete(key: string): boolean {
    return this.alive(key) !== undefined && this.values.delete(key);
  }
  expire(key: string, at: number): number {
    const entry = this.alive(key);
    if (entry) entry.expires = at;
    return entry ? 1 : 0;
  }
  ttl(key: string): number {
    const entry = this.alive(key);
    if (!entry) return -2;
    return entry.expires === Infinity ? -1 : entry.expires - this.now;
  }
  keys(): string[] {
    return [...this.values.keys()].filter((key) => this.alive(key));
  }
  clear(): void {
    this.values.clear();
  }
}

function integer(text: string | undefined): number {
  if (text === undefined || !/^-?\d+$/.test(text)) throw NOT_INTEGER;
  return Number(text);
}

function add(db: Database, key: string, by: number): number {
  const next = integer(db.text(key) ?? "0") + by;
  db.set(key, String(next), true);
  return next;
}

function setCommand(
  [key = "", value = "", ...options]: string[],
  db: Database,
): RespValue | Uint8Array {
  let expires = Infinity;
  const words = options.map((word) => word.toLowerCase());
  for (let i = 0; i < words.length; i++) {
    if (words[i] === "nx" && db.get(key) !== undefined) return null;
    if (words[i] === "xx" && db.get(key) === undefined) return null;
    if (words[i] === "ex") expires = db.now + integer(options[++i]) * 1000;
    else if (words[i] === "px") expires = db.now + integer(options[++i]);
  }
  db.set(key, value);
  db.expire(key, expires);
  return OK;
}

function range<T>(list: T[], from: number, to: number): T[] {
  const start = from < 0 ? Math.max(0, list.length + from) : from;
  const end = to < 0 ? list.length + to : to;
  return list.slice(start, end + 1);
}

const glob = (pattern: string) =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|\\]/g, "\\$&")
      .replace(/\*/g, ".*")
      .replace(/\?/g, ".")}$`,
    "s",
  );

const COMMANDS: Record<string, Command> = {
  ping: () => simpleString("PONG"),
  get: ([key = ""], db) => db.text(key) ?? null,
  set: setCommand,
  setex: ([key = "", seconds = "", value = ""], db) => setCommand([key, value, "ex", seconds], db),
  setnx: ([key = "", value = ""], db) => (setCommand([key, value, "nx"], db) === null ? 0 : 1),
  getset: ([key = "", value = ""], db) => {
    const old = db.text(key) ?? null;
    db.set(key, value);
    return old;
  },
  del: (keys, db) => keys.filter((key) => db.delete(key)).length,
  exists: (keys, db) => keys.filter((key) => db.get(key) !== undefined).length,
  mget: (keys, db) => keys.map((key) => db.text(key) ?? null),
  mset: (args, db) => {
    for (let i = 0; i + 1 < args.length; i += 2) db.set(args[i]!, args[i + 1]!);
    return OK;
  },
  strlen: ([key = ""], db) => Buffer.byteLength(db.text(key) ?? ""),
  append: ([key = "", value = ""], db) => {
    db.set(key, (db.text(key) ?? "") + value, true);
    return Buffer.byteLength(db.text(key)!);
  },
  incr: ([key = ""], db) => add(db, key, 1),
  decr: ([key = ""], db) => add(db, key, -1),
  incrby: ([key = "", by], db) => add(db, key, integer(by)),
  decrby: ([key = "", by], db) => add(db, key, -integer(by)),
  incrbyfloat: ([key = "", by = "0"], db) => {
    db.set(key, String(Number(db.text(key) ?? "0") + Number(by)), true);
    return db.text(key)!;
  },
  expire: ([key = "", seconds], db) => db.expire(key, db.now + integer(seconds) * 1000),
  pexpire: ([key = "", ms], db) => db.expire(key, db.now + integer(ms)),
  persist: ([key = ""], db) => (db.ttl(key) >= 0 ? db.expire(key, Infinity) : 0),
  ttl: ([key = ""], db) => {
    const ms = db.ttl(key);
    return ms < 0 ? ms : Math.round(ms / 1000);
  },
  pttl: ([key = ""], db) => db.ttl(key),
  keys: ([pattern = "*"], db) => db.keys().filter((key) => glob(pattern).test(key)),
  flushall: (_args, db) => (db.clear(), OK),
  flushdb: (_args, db) => (db.clear(), OK),
  hset: ([key = "", ...pairs], db) => {
    const hash = db.collection(key, Map<string, string>);
    const before = hash.size;
    for (let i = 0; i + 1 < pairs.length; i += 2) hash.set(pairs[i]!, pairs[i + 1]!);
    return hash.size - before;
  },
  hmset: (args, db) => (COMMANDS["hset"]!(args, db), OK),
  hget: ([key = "", field = ""], db) =>
    db.collection(key, Map<string, string>, false).get(field) ?? null,
  hmget: ([key = "", ...fields], db) => {
    const hash = db.collection(key, Map<string, string>, false);
    return fields.map((field) => hash.get(field) ?? null);
  },
  hgetall: ([key = ""], db) => [...db.collection(key, Map<string, string>, false)].flat(),
  hdel: ([key = "", ...fields], db) => {
    const hash = db.collection(key, Map<string, string>, false);
    return fields.filter((field) => hash.delete(field)).length;
  },
  hexists: ([key = "", field = ""], db) =>
    db.collection(key, Map<string, string>, false).has(field) ? 1 : 0,
  hincrby: ([key = "", field = "", by], db) => {
    const hash = db.collection(key, Map<string, string>);
    hash.set(field, String(integer(hash.get(field) ?? "0") + integer(by)));
    return Number(hash.get(field));
  },
  hkeys: ([key = ""], db) => [...db.collection(key, Map<string, string>, false).keys()],
  hvals: ([key = ""], db) => [...db.collection(key, Map<string, string>, false).values()],
  hlen: ([key = ""], db) => db.collection(key, Map<string, string>, false).size,
  lpush: ([key = "", ...items], db) =>
    db.collection(key, Array<string>).unshift(...items.reverse()),
  rpush: ([key = "", ...items], db) => db.collection(key, Array<string>).push(...items),
  lpop: ([key = ""], db) => db.collection(key, Array<string>, false).shift() ?? null,
  rpop: ([key = ""], db) => db.collection(key, Array<string>, false).pop() ?? null,
  llen: ([key = ""], db) => db.collection(key, Array<string>, false).length,
  lrange: ([key = "", from, to], db) =>
    range(db.collection(key, Array<string>, false), integer(from), integer(to)),
  ltrim: ([key = "", from, to], db) => {
    db.set(key, range(db.collection(key, Array<string>), integer(from), integer(to)), true);
    return OK;
  },
  sadd: ([key = "", ...items], db) => {
    const set = db.collection(key, Set<string>);
    const before = set.size;
    for (const item of items) set.add(item);
    return set.size - before;
  },
  srem: ([key = "", ...items], db) =>
    items.filter((i) => db.collection(key, Set<string>, false).delete(i)).length,
  smembers: ([key = ""], db) => [...db.collection(key, Set<string>, false)],
  sismember: ([key = "", item = ""], db) =>
    db.collection(key, Set<string>, false).has(item) ? 1 : 0,
  scard: ([key = ""], db) => db.collection(key, Set<string>, false).size,
  zadd: ([key = "", ...pairs], db) => {
    const set = db.collection(key, SortedSet);
    const before = set.size;
    for (let i = 0; i + 1 < pairs.length; i += 2) set.set(pairs[i + 1]!, Number(pairs[i]));
    return set.size - before;
  },
  zscore: ([key = "", item = ""], db) => {
    const score = db.collection(key, SortedSet, false).get(item);
    return score === undefined ? null : String(score);
  },
  zcard: ([key = ""], db) => db.collection(key, SortedSet, false).size,
  zrem: ([key = "", ...items], db) =>
    items.filter((i) => db.collection(key, SortedSet, false).delete(i)).length,
  zrange: ([key = "", from, to], db) => {
    const sorted = [...db.collection(key, SortedSet, false)].sort(
      (a, b) => a[1] - b[1] || (a[0] < b[0] ? -1 : 1),
    );
    return range(
      sorted.map(([item]) => item),
      integer(from),
      integer(to),
    );
  },
};

/** An in-memory server: the commands gateways use, and scripts a test registers. */
export class MemoryRedis {
  readonly scripts: { text: string; run: RedisScript }[] = [];
  private databases = new Map<number, Database>();
  constructor(private password: string) {}

  private database(index: number): Database {
    let db = this.databases.get(index);
    if (!db) this.databases.set(index, (db = new Database()));
    return db;
  }

  /** Executes one command; the reply is RESP. */
  run(words: string[], now: number, index = 0): Uint8Array {
    const db = this.database(index);
    db.now = now;
    try {
      const value = this.execute(words, db);
      return value instanceof Uint8Array ? value : encodeResp(value);
    } catch (error) {
      if (error instanceof RespError) return encodeResp(error);
      throw error;
    }
  }

  private execute(words: string[], db: Database): RespValue | Uint8Array {
    const [name = "", ...args] = words;
    const lower = name.toLowerCase();
    if (lower === "eval") return this.evaluate(args, db);
    const command = Object.hasOwn(COMMANDS, lower) ? COMMANDS[lower] : undefined;
    return command ? command(args, db) : new RespError(`ERR unknown command '${name}'`);
  }

  private evaluate([text = "", count = "0", ...rest]: string[], db: Database): RespValue {
    const found = this.scripts.find((script) => text.includes(script.text));
    if (!found) {
      throw new HarnessFault(
        "EVAL in the in-memory Redis needs redis().script(text, run), or use a real server",
      );
    }
    const keys = rest.slice(0, integer(count));
    return found.run(keys, rest.slice(keys.length), (...words) => {
      const value = this.execute(words.map(String), db);
      return value instanceof Uint8Array && value[0] === 43 ? "OK" : (value as RespValue);
    });
  }

  connect(env: RedisEnv, login: RedisLogin): RedisConnection {
    const granted = this.password === "" || login.password === this.password;
    return {
      send: (query, done) => {
        const words = decodeWords(query);
        const reply = !words
          ? encodeResp(new RespError("ERR Protocol error"))
          : granted
            ? this.run(words, env.now(), login.database)
            : encodeResp(new RespError("NOAUTH Authentication required."));
        env.post(() => done(reply));
      },
      close: () => undefined,
    };
  }
}
