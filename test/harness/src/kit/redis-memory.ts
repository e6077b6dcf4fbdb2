import { createHash } from "node:crypto";
import { binaryWords, encodeResp, RespError } from "../abi/resp.js";
import { toBytes } from "../abi/text.js";
import type { RedisConnection, RedisEnv, RedisLogin } from "../types.js";
import { COLLECTIONS } from "./redis-collections.js";
import { Database, integer, RespStatus, type Reply } from "./redis-database.js";
import { KEYS } from "./redis-keys.js";
import { Complaint, LuaScripts } from "./redis-lua.js";
import { OK, STRINGS, type Commands } from "./redis-strings.js";

const COMMANDS: Commands = { ...KEYS, ...STRINGS, ...COLLECTIONS };

/** Commands of a connection or of the script engine; never inside a script. */
const SESSION: Record<string, number> = {
  multi: 1,
  exec: 1,
  discard: 1,
  eval: -3,
  evalsha: -3,
  script: -2,
};

/** What one connection remembers. */
interface Session {
  queue: string[][] | null;
  /** A command was refused while queueing: EXEC does nothing. */
  spoiled: boolean;
}

const sha1 = (text: string) => createHash("sha1").update(toBytes(text)).digest("hex");

function encode(value: Reply): Uint8Array {
  if (value instanceof RespStatus) return toBytes(`+${value.text}\r\n`);
  if (value instanceof RespError) return toBytes(`-${value.message}\r\n`);
  if (Array.isArray(value))
    return Buffer.concat([toBytes(`*${value.length}\r\n`), ...value.map(encode)]);
  if (typeof value === "number" || typeof value === "bigint") return toBytes(`:${value}\r\n`);
  return toBytes(value === null ? "$-1\r\n" : `$${value.length}\r\n${value}\r\n`);
}

/** The refusal before a command runs: unknown, or too few or too many words. */
function refusal(words: string[]): RespError | null {
  const [name = "", ...args] = words;
  const lower = name.toLowerCase();
  const arity = SESSION[lower] ?? (Object.hasOwn(COMMANDS, lower) ? COMMANDS[lower]![0] : null);
  if (arity === null) {
    const shown = args.map((word) => `\`${word}\`, `).join("");
    return new RespError(`ERR unknown command \`${name}\`, with args beginning with: ${shown}`);
  }
  if (arity > 0 ? words.length === arity : words.length >= -arity) return null;
  return new RespError(`ERR wrong number of arguments for '${lower}' command`);
}

/** An in-memory server with the commands gateways use, transactions and Lua (Redis 6.2). */
export class MemoryRedis {
  private databases = new Map<number, Database>();
  private scripts = new Map<string, string>();
  private lua: LuaScripts | null = null;
  constructor(private password: string) {}

  private database(index: number): Database {
    let db = this.databases.get(index);
    if (!db) this.databases.set(index, (db = new Database()));
    return db;
  }

  /** Executes one command of binary words (one char per byte) alone; the reply is RESP. */
  run(words: string[], now: number, index = 0): Uint8Array {
    return this.answer({ queue: null, spoiled: false }, words, now, index);
  }

  private answer(session: Session, words: string[], now: number, index: number): Uint8Array {
    const db = this.database(index);
    db.now = now;
    return encode(this.caught(() => this.command(session, words, db)));
  }

  private caught(run: () => Reply): Reply {
    try {
      return run();
    } catch (error) {
      if (error instanceof RespError) return error;
      throw error;
    }
  }

  private command(session: Session, words: string[], db: Database): Reply {
    const refused = refusal(words);
    const name = words[0]!.toLowerCase();
    if (refused) {
      session.spoiled = true;
      return refused;
    }
    if (name === "multi" || name === "exec" || name === "discard")
      return this.transaction(session, name, db);
    if (session.queue) {
      session.queue.push(words);
      return new RespStatus("QUEUED");
    }
    return this.execute(words, db);
  }

  private transaction(session: Session, name: string, db: Database): Reply {
    const { queue, spoiled } = session;
    if (name === "multi") {
      if (queue) throw new RespError("ERR MULTI calls can not be nested");
      Object.assign(session, { queue: [], spoiled: false });
      return OK;
    }
    if (!queue) throw new RespError(`ERR ${name.toUpperCase()} without MULTI`);
    session.queue = null;
    if (name === "discard") return OK;
    if (spoiled) throw new RespError("EXECABORT Transaction discarded because of previous errors.");
    return queue.map((words) => this.caught(() => this.execute(words, db)));
  }

  private execute(words: string[], db: Database): Reply {
    const name = words[0]!.toLowerCase();
    const args = words.slice(1);
    if (name === "eval") return this.evaluate(this.load(args[0]!), args, db);
    if (name === "evalsha") return this.evaluate(args[0]!.toLowerCase(), args, db);
    if (name === "script") return this.script(args);
    return COMMANDS[name]![1](args, db);
  }

  private load(text: string): string {
    const sha = sha1(text);
    if (!this.scripts.has(sha)) this.engine().check(text);
    this.scripts.set(sha, text);
    return sha;
  }

  private script([word = "", ...args]: string[]): Reply {
    const name = word.toLowerCase();
    if (name === "load" && args.length === 1) return this.load(args[0]!);
    if (name === "exists") return args.map((sha) => (this.scripts.has(sha) ? 1 : 0));
    if (name === "flush") {
      this.scripts.clear();
      return OK;
    }
    throw new RespError(
      `ERR Unknown subcommand or wrong number of arguments for '${word}'. Try SCRIPT HELP.`,
    );
  }

  private engine(): LuaScripts {
    return (this.lua ??= new LuaScripts());
  }

  private evaluate(sha: string, args: string[], db: Database): Reply {
    const count = integer(args[1]!);
    if (count > args.length - 2)
      throw new RespError("ERR Number of keys can't be greater than number of args");
    if (count < 0) throw new RespError("ERR Number of keys can't be negative");
    const text = this.scripts.get(sha);
    if (text === undefined) throw new RespError("NOSCRIPT No matching script. Please use EVAL.");
    const keys = args.slice(2, 2 + count);
    return this.engine().run(`f_${sha}`, text, keys, args.slice(2 + count), (words) =>
      this.caught(() => this.fromScript(words, db)),
    );
  }

  private fromScript(words: string[], db: Database): Reply {
    const name = words[0]!.toLowerCase();
    if (Object.hasOwn(SESSION, name))
      throw new Complaint("This Redis command is not allowed from scripts");
    const refused = refusal(words);
    if (refused && Object.hasOwn(COMMANDS, name))
      throw new Complaint("Wrong number of args calling Redis command From Lua script");
    if (refused) throw new Complaint("Unknown Redis command called from Lua script");
    return this.execute(words, db);
  }

  connect(env: RedisEnv, login: RedisLogin): RedisConnection {
    const granted = this.password === "" || login.password === this.password;
    const session: Session = { queue: null, spoiled: false };
    return {
      send: (query, done) => {
        const words = binaryWords(query);
        const reply = !words?.length
          ? encodeResp(new RespError("ERR Protocol error"))
          : granted
            ? this.answer(session, words, env.now(), login.database)
            : encodeResp(new RespError("NOAUTH Authentication required."));
        env.post(() => done(reply));
      },
      close: () => undefined,
    };
  }
}
