import { RespError } from "../abi/resp.js";
import { integer, RespStatus, SortedSet, type Value } from "./redis-database.js";
import { OK, type Command, type Commands } from "./redis-strings.js";

const glob = (pattern: string) =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|]/g, "\\$&")
      .replace(/\*/g, ".*")
      .replace(/\?/g, ".")}$`,
    "s",
  );

function typeName(value: Value | undefined): string {
  if (value === undefined) return "none";
  if (typeof value === "string") return "string";
  if (Array.isArray(value)) return "list";
  if (value instanceof SortedSet) return "zset";
  return value instanceof Set ? "set" : "hash";
}

const expire =
  (unit: number, absolute: boolean): Command =>
  ([key = "", time = ""], db) =>
    db.expire(key, integer(time) * unit + (absolute ? 0 : db.now));

const rename: Command = ([from = "", to = ""], db) => {
  const value = db.get(from);
  if (value === undefined) throw new RespError("ERR no such key");
  const left = db.ttl(from);
  db.delete(from);
  db.set(to, value);
  if (left >= 0) db.expire(to, db.now + left);
  return OK;
};

const del: Command = (keys, db) => keys.filter((key) => db.delete(key)).length;
const clear: Command = (_args, db) => {
  db.clear();
  return OK;
};

/** Commands on keys of any type, and on the server. */
export const KEYS: Commands = {
  ping: [
    -1,
    ([text, ...more]) => {
      if (more.length > 0) throw new RespError("ERR wrong number of arguments for 'ping' command");
      return text ?? new RespStatus("PONG");
    },
  ],
  echo: [2, ([text = ""]) => text],
  time: [
    1,
    (_args, db) => [String(Math.floor(db.now / 1000)), String(Math.floor(db.now % 1000) * 1000)],
  ],
  del: [-2, del],
  unlink: [-2, del],
  exists: [-2, (keys, db) => keys.filter((key) => db.get(key) !== undefined).length],
  type: [2, ([key = ""], db) => new RespStatus(typeName(db.get(key)))],
  rename: [3, rename],
  expire: [3, expire(1000, false)],
  pexpire: [3, expire(1, false)],
  expireat: [3, expire(1000, true)],
  pexpireat: [3, expire(1, true)],
  persist: [2, ([key = ""], db) => (db.ttl(key) >= 0 ? db.expire(key, Infinity) : 0)],
  ttl: [
    2,
    ([key = ""], db) => {
      const ms = db.ttl(key);
      return ms < 0 ? ms : Math.floor((ms + 500) / 1000);
    },
  ],
  pttl: [2, ([key = ""], db) => db.ttl(key)],
  keys: [2, ([pattern = ""], db) => db.keys().filter((key) => glob(pattern).test(key))],
  dbsize: [1, (_args, db) => db.keys().length],
  flushall: [-1, clear],
  flushdb: [-1, clear],
};
