import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { Char, isDigit } from "./char";
import { Decimal } from "./decimal";

/*
 * Between text and f64, correctly rounded in both directions (own code: the compiler's library
 * would add 7 KB for both ways, and its shortest form is not always the shortest).
 */

/** One of each for all numbers: a body has hundreds of thousands, and each takes 900 bytes. */
@final
class Scratch {
  readonly decimal: Decimal = new Decimal();
  readonly upper: Decimal = new Decimal();
  readonly lower: Decimal = new Decimal();
}

let made: Scratch | null = null;

function scratch(): Scratch {
  let all = made;
  if (all === null) {
    all = new Scratch();
    made = all;
  }
  return all;
}

/**
 * The number a text spells, nearest f64, ties to even: decimal notation with optional sign,
 * fraction and exponent, or `inf`, `infinity` in any case. Overflow is ±Infinity.
 * NaN when the whole text is not a number.
 */
export function parseNumber(text: Slice): f64 {
  const first = text.at(0);
  const i = first == Char.Minus || first == Char.Plus ? 1 : 0;
  const value =
    isDigit(text.at(i)) || text.at(i) == Char.Dot ? parseDigits(text, i) : word(text.sub(i));
  return first == Char.Minus ? -value : value;
}

function word(text: Slice): f64 {
  const name = "infinity";
  if (text.length != 3 && text.length != name.length) return NaN;
  for (let i = 0; i < text.length; i++) {
    if ((text.at(i) | 0x20) != name.charCodeAt(i)) return NaN;
  }
  return Infinity;
}

/** The unsigned number from `start` to the end of the text. */
function parseDigits(text: Slice, start: i32): f64 {
  let i = start;
  let mantissa: u64 = 0;
  let kept = 0; // significant digits in `mantissa`
  let dropped = 0; // significant digits behind those
  let seen = 0;
  let scale = 0; // digits after the point that are in `mantissa`
  let hasPoint = false;
  for (; i < text.length; i++) {
    const byte = text.at(i);
    if (byte == Char.Dot && !hasPoint) {
      hasPoint = true;
      continue;
    }
    if (!isDigit(byte)) break;
    seen++;
    if (kept < 19) {
      mantissa = mantissa * 10 + <u64>(byte - Char.Zero);
      if (mantissa != 0) kept++;
      if (hasPoint) scale++;
    } else {
      dropped++;
      if (!hasPoint) scale--;
    }
  }
  if (seen == 0) return NaN;
  const digitsEnd = i;
  let exponent = 0;
  if (i < text.length) {
    if ((text.at(i) | 0x20) != 0x65) return NaN; // e
    exponent = parseExponent(text.sub(i + 1));
    if (exponent == BAD_EXPONENT) return NaN;
  }
  if (mantissa == 0) return 0;
  if (dropped == 0) {
    const quick = scaleExactly(mantissa, exponent - scale);
    if (quick >= 0) return quick;
  }
  return parseSlowly(text.sub(start, digitsEnd), exponent);
}

const BAD_EXPONENT: i32 = i32.MIN_VALUE;

/** A signed integer, held within ±99999; `BAD_EXPONENT` when it is none. */
function parseExponent(text: Slice): i32 {
  let i = text.at(0) == Char.Minus || text.at(0) == Char.Plus ? 1 : 0;
  if (i >= text.length) return BAD_EXPONENT;
  let value = 0;
  for (; i < text.length; i++) {
    if (!isDigit(text.at(i))) return BAD_EXPONENT;
    if (value < 99999) value = min(99999, value * 10 + (text.at(i) - Char.Zero));
  }
  return text.at(0) == Char.Minus ? -value : value;
}

/** `mantissa` × 10^exponent when one exact operation computes it, else -1. */
function scaleExactly(mantissa: u64, exponent: i32): f64 {
  if (mantissa >> 53 != 0 || exponent < -22 || exponent > 22) return -1;
  let power: f64 = 1;
  for (let i = abs(exponent); i > 0; i--) power *= 10; // exact up to 10^22
  return exponent < 0 ? <f64>mantissa / power : <f64>mantissa * power;
}

function parseSlowly(digits: Slice, exponent: i32): f64 {
  const decimal = scratch().decimal;
  decimal.assign(0, 0);
  let point = 0;
  let hasPoint = false;
  for (let i = 0; i < digits.length; i++) {
    const byte = digits.at(i);
    if (byte == Char.Dot) {
      hasPoint = true;
      continue;
    }
    if (decimal.count == 0 && byte == Char.Zero) {
      if (hasPoint) point--;
      continue;
    }
    decimal.append(byte - Char.Zero);
    if (!hasPoint) point++;
  }
  decimal.point = point + exponent;
  return toFloat(decimal);
}

/** How many bits a shift must have to move the point by so many digits. */
function bitsFor(digits: i32): i32 {
  return digits >= 9 ? 27 : max(1, (digits * 26) >> 3);
}

/** The f64 nearest to a positive decimal. */
function toFloat(decimal: Decimal): f64 {
  if (decimal.point > 310) return Infinity;
  if (decimal.point < -330) return 0;
  let exponent = 0;
  while (decimal.point > 0) {
    const bits = bitsFor(decimal.point);
    decimal.shift(-bits);
    exponent += bits;
  }
  while (decimal.point < 0 || (decimal.point == 0 && decimal.digit(0) < 5)) {
    const bits = bitsFor(-decimal.point);
    decimal.shift(bits);
    exponent -= bits;
  }
  exponent--; // from [0.5, 1) to [1, 2)
  if (exponent < -1022) {
    decimal.shift(exponent + 1022);
    exponent = -1022;
  }
  decimal.shift(53);
  let mantissa = decimal.roundedInteger();
  if (mantissa == (<u64>2) << 52) {
    mantissa >>= 1;
    exponent++;
  }
  if (exponent > 1023) return Infinity;
  const biased: u64 = mantissa >> 52 == 0 ? 0 : <u64>(exponent + 1023);
  return reinterpret<f64>((mantissa & 0x000fffffffffffff) | (biased << 52));
}

/**
 * The fewest digits that read back as the positive, finite `value` (Go: ftoa.go, shortest). Valid
 * until the next number is read or written.
 */
export function shortestDigits(value: f64): Decimal {
  const bits = reinterpret<u64>(value);
  let exponent = <i32>((bits >> 52) & 0x7ff);
  let mantissa = bits & 0x000fffffffffffff;
  if (exponent == 0) exponent++;
  else mantissa |= (<u64>1) << 52;
  exponent -= 1023;
  const decimal = scratch().decimal;
  decimal.assign(mantissa, exponent - 52);
  if (decimal.count > 0) shorten(decimal, mantissa, exponent);
  return decimal;
}

/** Cuts digits while the number stays between the halfway points to its two neighbours. */
function shorten(decimal: Decimal, mantissa: u64, exponent: i32): void {
  const upper = scratch().upper;
  upper.assign(mantissa * 2 + 1, exponent - 53);
  const lower = lowerBound(mantissa, exponent);
  const inclusive = (mantissa & 1) == 0;
  let above = 0;
  for (let u = 0; ; u++) {
    const m = u - upper.point + decimal.point;
    if (m >= decimal.count) return;
    const l = u - upper.point + lower.point;
    const digit = decimal.digit(m);
    above = distance(above, digit, upper.digit(u));
    const canRoundDown = lower.digit(l) != digit || (inclusive && l + 1 == lower.count);
    const canRoundUp = above > 0 && (inclusive || above > 1 || u + 1 < upper.count);
    if (canRoundDown && canRoundUp) return decimal.round(m + 1);
    if (canRoundDown) return decimal.roundDown(m + 1);
    if (canRoundUp) return decimal.roundUp(m + 1);
  }
}

/** Halfway to the next smaller f64; below a power of two the gap is half as wide. */
function lowerBound(mantissa: u64, exponent: i32): Decimal {
  const lower = scratch().lower;
  if (mantissa > (<u64>1) << 52 || exponent == -1022) lower.assign(mantissa * 2 - 1, exponent - 53);
  else lower.assign(mantissa * 4 - 1, exponent - 54);
  return lower;
}

/**
 * How far the number is below the upper bound, judged by the digits so far and one more pair:
 * 0 equal, 1 smaller by one unit of the last digit, 2 smaller by more.
 */
function distance(before: i32, digit: i32, high: i32): i32 {
  if (before == 0) return digit + 1 < high ? 2 : digit != high ? 1 : 0;
  return before == 1 && (digit != 9 || high != 0) ? 2 : before;
}

/**
 * Appends a number in decimal without exponent, with the fewest digits that read back as the same
 * f64 (Go's `FormatFloat(value, 'f', -1, 64)`): `1.5`, `1000`, `+Inf`, `-Inf`, `NaN`.
 */
export function appendDecimal(out: Builder, value: f64): void {
  if (isNaN(value)) {
    out.appendText("NaN");
    return;
  }
  if (!isFinite(value)) {
    out.appendText(value < 0 ? "-Inf" : "+Inf");
    return;
  }
  if (reinterpret<i64>(value) < 0) out.appendByte(<u8>Char.Minus);
  if (value == trunc(value) && abs(value) < 9007199254740992) {
    out.appendInteger(<i64>abs(value));
    return;
  }
  const digits = shortestDigits(abs(value));
  if (digits.point <= 0) out.appendByte(<u8>Char.Zero);
  for (let i = 0; i < digits.point; i++) out.appendByte(<u8>(Char.Zero + digits.digit(i)));
  if (digits.point >= digits.count) return;
  out.appendByte(<u8>Char.Dot);
  for (let i = digits.point; i < digits.count; i++) {
    out.appendByte(<u8>(Char.Zero + digits.digit(i)));
  }
}
