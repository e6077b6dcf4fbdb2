import { Builder, bytes, NO_BYTES, Slice, equalsIgnoreCase } from "@ai-gateway-wasm/bytes";
import { isInteger, saturate } from "./integer-text";
import { appendDecimal, parseNumber } from "./number";
import { JsonType } from "./type";
import { unescape } from "./unescape";
import { JsonValue } from "./value";

/*
 * Typed reads with GJSON's conversions (host contract 2.3): every value can be read as every type.
 * A missing value (null) reads as empty, false, 0 or no elements; use `value === null` to tell.
 */

/**
 * A string unescaped; an integer's own digits; other numbers in plain decimal (`1.50` → `1.5`,
 * `1e3` → `1000`); `true` and `false`; the raw text of arrays and objects; nothing for null.
 * Shares memory with the document when nothing had to be converted.
 */
export function textOf(value: JsonValue | null): Slice {
  if (value === null) return NO_BYTES;
  const raw = value.raw;
  switch (value.type) {
    case JsonType.Null:
      return NO_BYTES;
    case JsonType.Boolean:
      return boolOf(value) ? TRUE : FALSE;
    case JsonType.Number: {
      if (isInteger(raw)) return raw;
      const out = new Builder(24);
      appendDecimal(out, numberOf(value));
      return out.view();
    }
    case JsonType.String:
      return unescape(raw.sub(1, raw.length - 1));
    default:
      return raw;
  }
}

/** The text of a string value, unescaped. Nothing for other types: use `textOf` for any. */
export function stringOf(value: JsonValue): Slice {
  if (value.type != JsonType.String) return NO_BYTES;
  const raw = value.raw;
  return unescape(raw.sub(1, raw.length - 1));
}

/** `true`; numbers other than 0; the strings `1`, `t`, `true` in any case. All else is false. */
export function boolOf(value: JsonValue | null): bool {
  if (value === null) return false;
  switch (value.type) {
    case JsonType.Boolean:
      return load<u8>(value.at) == 0x74; // t
    case JsonType.Number:
      return numberOf(value) != 0;
    case JsonType.String: {
      const text = textOf(value);
      if (text.length == 1) return text.at(0) == 0x31 || (text.at(0) | 0x20) == 0x74;
      return equalsIgnoreCase(text, TRUE);
    }
    default:
      return false;
  }
}

/** Numbers; numeric strings; 1 for `true`; 0 for all else. ±Infinity when it is too large. */
export function numberOf(value: JsonValue | null): f64 {
  if (value === null) return 0;
  if (value.type == JsonType.Boolean) return boolOf(value) ? 1 : 0;
  if (value.type != JsonType.Number && value.type != JsonType.String) return 0;
  const number = parseNumber(value.type == JsonType.Number ? value.raw : textOf(value));
  return isNaN(number) ? 0 : number;
}

/**
 * Like `numberOf`, cut to an integer: `10.7` → 10. Integers beyond 2^53 keep all their digits, and
 * what does not fit i64 becomes its nearest bound. A string must be an integer, else it counts 0.
 */
export function integerOf(value: JsonValue | null): i64 {
  if (value === null) return 0;
  if (value.type == JsonType.Boolean) return boolOf(value) ? 1 : 0;
  if (value.type != JsonType.Number && value.type != JsonType.String) return 0;
  const text = textOf(value);
  if (isInteger(text)) return saturate(text);
  return value.type == JsonType.String ? 0 : truncate(numberOf(value));
}

/** The elements of an array; one element for any other value; none for null and missing. */
export function listOf(value: JsonValue | null): JsonValue[] {
  const list = new Array<JsonValue>();
  if (value === null || value.type == JsonType.Null) return list;
  if (value.type != JsonType.Array) {
    list.push(value);
    return list;
  }
  const cursor = value.entries();
  while (cursor.next()) list.push(cursor.value);
  return list;
}

/** The nearest i64 towards zero; never traps, unlike a plain cast. 0 for NaN. */
export function truncate(value: f64): i64 {
  if (isNaN(value)) return 0;
  if (value >= 9223372036854775807.0) return i64.MAX_VALUE;
  if (value <= -9223372036854775808.0) return i64.MIN_VALUE;
  return <i64>value;
}

const TRUE: Slice = bytes("true");
const FALSE: Slice = bytes("false");
