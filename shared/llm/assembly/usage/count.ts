import { Slice } from "@ai-gateway-wasm/bytes";
import { JsonValue, integerOf, parseNumber, readJson } from "@ai-gateway-wasm/as-json";

/**
 * No response used more tokens than this: larger numbers are held here, so that sums and weighted
 * sums of counts fit 64 bits whatever a server claims.
 */
export const MAX_COUNT: i64 = 1_000_000_000_000;

/** Answer of `readCount` for a number that is not finite. */
export const NO_COUNT: i64 = -1;

/**
 * The number of tokens that `length` bytes of JSON at `at` stand for, from 0 to `MAX_COUNT`:
 * `10.7` and `"10"` are 10, `true` is 1, all that is no number is 0 (token-rate-limit contract
 * 2.5), and so is a negative number. `NO_COUNT` when it is infinite or malformed.
 */
export function readCount(at: usize, length: i32): i64 {
  const digits = readDigits(at, length);
  return digits != NO_COUNT ? digits : countOf(readJson(new Slice(at, length)));
}

/** The same for a value; 0 when there is none. */
export function countOf(value: JsonValue | null): i64 {
  if (value === null) return 0;
  if (value.isNumber && !isFinite(parseNumber(value.raw))) return NO_COUNT;
  return max(0, min(integerOf(value), MAX_COUNT));
}

/** A plain number of at most 12 digits, which nearly every count is; else `NO_COUNT`. */
function readDigits(at: usize, length: i32): i64 {
  if (length < 1 || length > 12) return NO_COUNT;
  let value: i64 = 0;
  for (const end = at + <usize>length; at < end; at++) {
    const digit = <u32>load<u8>(at) - 0x30;
    if (digit > 9) return NO_COUNT;
    value = value * 10 + <i64>digit;
  }
  return value;
}
