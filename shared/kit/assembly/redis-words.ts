import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";

// The word lists of the commands that plugins send, command words in lower case (host.md 5.8).
// They know nothing of a connection, so a Redis REST endpoint can take them too.

const DECRBY: Slice = bytes("decrby");
const DEL: Slice = bytes("del");
const EVAL: Slice = bytes("eval");
const EX: Slice = bytes("ex");
const EXPIRE: Slice = bytes("expire");
const GET: Slice = bytes("get");
const HGET: Slice = bytes("hget");
const HGETALL: Slice = bytes("hgetall");
const HINCRBY: Slice = bytes("hincrby");
const HSET: Slice = bytes("hset");
const INCRBY: Slice = bytes("incrby");
const MGET: Slice = bytes("mget");
const NX: Slice = bytes("nx");
const SET: Slice = bytes("set");

export function redisGet(key: Slice): Slice[] {
  return [GET, key];
}

export function redisMget(keys: Slice[]): Slice[] {
  return [MGET].concat(keys);
}

/** @param ttlSeconds 0 or less: for ever */
export function redisSet(key: Slice, value: Slice, ttlSeconds: i64 = 0): Slice[] {
  return ttlSeconds > 0 ? [SET, key, value, EX, decimal(ttlSeconds)] : [SET, key, value];
}

/** The reply is null when the key exists. @param ttlSeconds 0 or less: for ever */
export function redisSetIfAbsent(key: Slice, value: Slice, ttlSeconds: i64 = 0): Slice[] {
  return ttlSeconds > 0 ? [SET, key, value, NX, EX, decimal(ttlSeconds)] : [SET, key, value, NX];
}

export function redisDel(key: Slice): Slice[] {
  return [DEL, key];
}

export function redisExpire(key: Slice, ttlSeconds: i64): Slice[] {
  return [EXPIRE, key, decimal(ttlSeconds)];
}

export function redisIncrBy(key: Slice, by: i64): Slice[] {
  return [INCRBY, key, decimal(by)];
}

export function redisDecrBy(key: Slice, by: i64): Slice[] {
  return [DECRBY, key, decimal(by)];
}

export function redisHget(key: Slice, field: Slice): Slice[] {
  return [HGET, key, field];
}

/** The reply is an array of fields and values by turns. */
export function redisHgetAll(key: Slice): Slice[] {
  return [HGETALL, key];
}

export function redisHset(key: Slice, field: Slice, value: Slice): Slice[] {
  return [HSET, key, field, value];
}

export function redisHincrBy(key: Slice, field: Slice, by: i64): Slice[] {
  return [HINCRBY, key, field, decimal(by)];
}

/** Runs a Lua script: `eval <script> <number of keys> <keys…> <arguments…>`. */
export function redisEval(script: Slice, keys: Slice[], args: Slice[]): Slice[] {
  return [EVAL, script, decimal(keys.length)].concat(keys).concat(args);
}

/** A number as an argument. */
export function decimal(value: i64): Slice {
  return new Builder(24).appendInteger(value).view();
}
