import { RespError } from "../abi/resp.js";

/** Members with their scores. */
export class SortedSet extends Map<string, number> {}
/** What a key holds; text is binary, one char per byte. */
export type Value = string | Map<string, string> | string[] | Set<string> | SortedSet;

/** `+OK` and other status replies. */
export class RespStatus {
  constructor(readonly text: string) {}
}

/** A reply inside the server: a string is a bulk string, as binary text. */
export type Reply = string | number | bigint | null | RespStatus | RespError | Reply[];

/** Thrown by a command that wants a number. */
export const NOT_INTEGER = new RespError("ERR value is not an integer or out of range");
const WRONG_TYPE = new RespError(
  "WRONGTYPE Operation against a key holding the wrong kind of value",
);

/** A collection of exactly this class: a sorted set is no hash. */
const isA = (value: Value, type: new () => Value) =>
  typeof value !== "string" && value.constructor === type;

/** One database: values and expiry times. */
export class Database {
  /** Milliseconds of the gateway's clock; set before every command. */
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

  /** A string; undefined when the key is missing. Throws WRONGTYPE. */
  text(key: string): string | undefined {
    const value = this.get(key);
    if (value !== undefined && typeof value !== "string") throw WRONG_TYPE;
    return value;
  }

  /** Reads the collection under `key`; an empty one, not kept, when the key is missing. */
  read<T extends Value>(key: string, type: new () => T): T {
    const value = this.get(key);
    if (value === undefined) return new type();
    if (!isA(value, type)) throw WRONG_TYPE;
    return value as T;
  }

  /** Changes the collection under `key`: made when missing, deleted when it ends up empty. */
  edit<T extends Value, R>(key: string, type: new () => T, change: (collection: T) => R): R {
    const value = this.read(key, type);
    const result = change(value);
    const size = Array.isArray(value) ? value.length : (value as Set<string>).size;
    if (size === 0) this.values.delete(key);
    else this.set(key, value, true);
    return result;
  }

  set(key: string, value: Value, keepTtl = false): void {
    const expires = keepTtl ? (this.alive(key)?.expires ?? Infinity) : Infinity;
    this.values.set(key, { value, expires });
  }

  delete(key: string): boolean {
    return this.alive(key) !== undefined && this.values.delete(key);
  }

  /** 1 when the key is there; a time that is over deletes it. */
  expire(key: string, at: number): number {
    const entry = this.alive(key);
    if (entry) entry.expires = at;
    return entry ? 1 : 0;
  }

  /** Milliseconds left; -1 without expiry, -2 without key. */
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

/** A 64-bit integer in Redis's only spelling. Throws NOT_INTEGER, or `refusal`. */
export function bigInteger(text: string, refusal: RespError = NOT_INTEGER): bigint {
  const value = /^(0|-?[1-9]\d{0,18})$/.test(text) ? BigInt(text) : null;
  if (value === null || BigInt.asIntN(64, value) !== value) throw refusal;
  return value;
}

/** An integer small enough for a count or an index. */
export function integer(text: string): number {
  return Number(bigInteger(text));
}

/** Sum of two 64-bit integers. Throws Redis's overflow error. */
export function sum(a: bigint, b: bigint): bigint {
  if (BigInt.asIntN(64, a + b) !== a + b)
    throw new RespError("ERR increment or decrement would overflow");
  return a + b;
}

/** A finite number. Throws `ERR value is not a valid float`. */
export function float(text: string): number {
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite) return infinite[1] === "-" ? -Infinity : Infinity;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text))
    throw new RespError("ERR value is not a valid float");
  return Number(text);
}

/** As C's `%.17g` prints it. */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value < 0 ? "-inf" : "inf";
  if (Number.isInteger(value) && Math.abs(value) < 1e17) return String(value);
  const digits = value.toPrecision(17);
  const [mantissa = "", exponent] = digits.split("e");
  const short = mantissa.includes(".") ? mantissa.replace(/\.?0+$/, "") : mantissa;
  if (exponent === undefined) return short;
  return `${short}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}
