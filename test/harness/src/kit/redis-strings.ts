import { RespError } from "../abi/resp.js";
import {
  bigInteger,
  float,
  integer,
  sum,
  type Database,
  type Reply,
  RespStatus,
} from "./redis-database.js";

/** Words after the name; the arity has been checked. */
export type Command = (args: string[], db: Database) => Reply;
/** Arity as `COMMAND INFO` gives it: with the name; negative = at least. */
export type Commands = Record<string, readonly [arity: number, run: Command]>;

export const OK = new RespStatus("OK");
export const SYNTAX = new RespError("ERR syntax error");

function add(db: Database, key: string, by: bigint): bigint {
  const next = sum(bigInteger(db.text(key) ?? "0"), by);
  db.set(key, String(next), true);
  return next;
}

interface SetOptions {
  expires: number;
  when: "nx" | "xx" | "";
  get: boolean;
  keepTtl: boolean;
}

/** Milliseconds of an EX, PX, EXAT, PXAT option. */
function deadline(unit: string, text: string | undefined, now: number, command: string): number {
  if (text === undefined) throw SYNTAX;
  const value = integer(text);
  if (value <= 0) throw new RespError(`ERR invalid expire time in ${command}`);
  return value * (unit.startsWith("ex") ? 1000 : 1) + (unit.endsWith("at") ? 0 : now);
}

function setOptions(words: string[], now: number): SetOptions {
  const options: SetOptions = { expires: Infinity, when: "", get: false, keepTtl: false };
  let timed = "";
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!.toLowerCase();
    if (word === "get") options.get = true;
    else if (word === "nx" || word === "xx") {
      if (options.when && options.when !== word) throw SYNTAX;
      options.when = word;
    } else if (/^(keepttl|[ep]x(at)?)$/.test(word) && !timed) {
      timed = word;
      if (word === "keepttl") options.keepTtl = true;
      else options.expires = deadline(word, words[++i], now, "set");
    } else throw SYNTAX;
  }
  if (options.when === "nx" && options.get) throw SYNTAX;
  return options;
}

const set: Command = ([key = "", value = "", ...words], db) => {
  const options = setOptions(words, db.now);
  const old = options.get ? (db.text(key) ?? null) : null;
  const there = db.get(key) !== undefined;
  if ((options.when === "nx" && there) || (options.when === "xx" && !there)) return old;
  db.set(key, value, options.keepTtl);
  if (options.expires !== Infinity) db.expire(key, options.expires);
  return options.get ? old : OK;
};

const setFor =
  (unit: string, name: string): Command =>
  ([key = "", time = "", value = ""], db) => {
    const expires = deadline(unit, time, db.now, name);
    db.set(key, value);
    db.expire(key, expires);
    return OK;
  };

const mset: Command = (args, db) => {
  if (args.length % 2 !== 0) throw new RespError("ERR wrong number of arguments for MSET");
  for (let i = 0; i < args.length; i += 2) db.set(args[i]!, args[i + 1]!);
  return OK;
};

const append: Command = ([key = "", value = ""], db) => {
  const text = (db.text(key) ?? "") + value;
  db.set(key, text, true);
  return text.length;
};

const addFloat: Command = ([key = "", by = ""], db) => {
  const text = String(float(db.text(key) ?? "0") + float(by));
  db.set(key, text, true);
  return text;
};

const getRange: Command = ([key = "", from = "", to = ""], db) =>
  range([...(db.text(key) ?? "")], integer(from), integer(to)).join("");

/** Items from one index to another, both inclusive, negative ones from the end. */
export function range<T>(list: T[], from: number, to: number): T[] {
  const start = from < 0 ? Math.max(0, list.length + from) : from;
  const end = to < 0 ? list.length + to : to;
  return end < start ? [] : list.slice(start, end + 1);
}

/** Commands on strings. */
export const STRINGS: Commands = {
  get: [2, ([key = ""], db) => db.text(key) ?? null],
  set: [-3, set],
  setex: [4, setFor("ex", "setex")],
  psetex: [4, setFor("px", "psetex")],
  setnx: [
    3,
    ([key = "", value = ""], db) => {
      if (db.get(key) !== undefined) return 0;
      db.set(key, value);
      return 1;
    },
  ],
  getset: [
    3,
    ([key = "", value = ""], db) => {
      const old = db.text(key) ?? null;
      db.set(key, value);
      return old;
    },
  ],
  getdel: [
    2,
    ([key = ""], db) => {
      const old = db.text(key) ?? null;
      db.delete(key);
      return old;
    },
  ],
  mget: [
    -2,
    (keys, db) =>
      keys.map((key) => {
        const value = db.get(key);
        return typeof value === "string" ? value : null;
      }),
  ],
  mset: [-3, mset],
  strlen: [2, ([key = ""], db) => (db.text(key) ?? "").length],
  append: [3, append],
  getrange: [4, getRange],
  incr: [2, ([key = ""], db) => add(db, key, 1n)],
  decr: [2, ([key = ""], db) => add(db, key, -1n)],
  incrby: [3, ([key = "", by = ""], db) => add(db, key, bigInteger(by))],
  decrby: [3, ([key = "", by = ""], db) => add(db, key, -bigInteger(by))],
  incrbyfloat: [3, addFloat],
};
