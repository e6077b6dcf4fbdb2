import { isInteger, JsonValue, saturate, stringOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, equalsIgnoreCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

// The conversions of Higress's Go plugins (host.md 2.3) on the text of a value. as-json has the same
// through 64-bit floats; a configuration needs no arithmetic, and without it a plugin is 3 KiB
// smaller. They differ only where a float is not exact: numbers of more than 15 digits with a point
// or an exponent, and those beyond its range.

const TRUE: Slice = bytes("true");

/** Digits that a number may be written out to. Beyond, it is called infinite, as a float would be. */
const LONGEST: i32 = 310;

/** A string; a number in plain decimal (`1.50` → `1.5`, `1e3` → `1000`); the raw text of the rest. */
export function configText(value: JsonValue): Slice {
  if (value.isString) return stringOf(value);
  if (value.isNull) return NO_BYTES;
  return value.isNumber ? plainDecimal(value.raw) : value.raw;
}

/** `true`; a number other than 0; the texts `1`, `t` and `true` in any case. All else is false. */
export function configFlag(value: JsonValue): bool {
  if (value.isNumber) return !isZero(value.raw);
  if (!value.isString) return value.raw.at(0) == 0x74; // t
  const text = stringOf(value);
  if (text.length == 1) return text.at(0) == 0x31 || (text.at(0) | 0x20) == 0x74;
  return equalsIgnoreCase(text, TRUE);
}

/** A number without its fraction; a text of digits; 1 for true; 0 for all else. Saturates. */
export function configInteger(value: JsonValue): i64 {
  if (value.isBoolean) return configFlag(value) ? 1 : 0;
  if (!value.isNumber && !value.isString) return 0;
  const text = configText(value);
  const point = value.isNumber ? text.indexOf(0x2e) : -1;
  const digits = point < 0 ? text : text.sub(0, point);
  if (isInteger(digits)) return saturate(digits);
  if (value.isString) return 0;
  return text.at(0) == 0x2d ? i64.MIN_VALUE : i64.MAX_VALUE; // ±Inf
}

/** True for `0`, `-0.00` and `0e5`: no digit but 0 before the exponent. */
function isZero(number: Slice): bool {
  for (let i = 0; i < number.length; i++) {
    const byte = number.at(i);
    if ((byte | 0x20) == 0x65) return true;
    if (byte > 0x30 && byte <= 0x39) return false;
  }
  return true;
}

/**
 * A JSON number without exponent and without zeros at the end of its fraction:
 *
 *   -12.50e1
 *    ││ │ └ exponent, moves the point
 *    └┴─┴── digits
 */
function plainDecimal(number: Slice): Slice {
  const digits = new Builder(number.length);
  let point = 0;
  let at = number.at(0) == 0x2d ? 1 : 0;
  let inFraction = false;
  for (; at < number.length && (number.at(at) | 0x20) != 0x65; at++) {
    if (number.at(at) == 0x2e) {
      inFraction = true;
      continue;
    }
    digits.appendByte(<u8>number.at(at));
    if (!inFraction) point++;
  }
  if (!inFraction && at == number.length) return number;
  const isNegative = number.at(0) == 0x2d;
  const exponent = exponentOf(number.sub(at + 1));
  if (isZero(number) || exponent < -LONGEST) return bytes(isNegative ? "-0" : "0");
  if (exponent > LONGEST) return bytes(isNegative ? "-Inf" : "+Inf");
  return spell(digits.view(), point + <i32>exponent, isNegative);
}

/** What stands behind the `e`; 0 for nothing. */
function exponentOf(text: Slice): i64 {
  if (text.isEmpty) return 0;
  return saturate(text.at(0) == 0x2b ? text.sub(1) : text);
}

/** @param point how many digits stand before the decimal point; may lie outside of them */
function spell(digits: Slice, point: i32, isNegative: bool): Slice {
  let first = 0;
  while (first < digits.length && digits.at(first) == 0x30) first++;
  let last = digits.length;
  while (last > first && last > point && digits.at(last - 1) == 0x30) last--;
  const out = new Builder(digits.length + 8);
  if (isNegative) out.appendByte(0x2d);
  if (point <= first) out.appendByte(0x30);
  for (let i = min(first, point); i < max(last, point); i++) {
    if (i == point) out.appendByte(0x2e);
    if (i >= first || i >= point) out.appendByte(<u8>(i >= 0 && i < last ? digits.at(i) : 0x30));
  }
  return out.view();
}
