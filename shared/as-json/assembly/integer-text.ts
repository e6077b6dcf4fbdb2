import { Slice } from "@ai-gateway-wasm/bytes";
import { Char, isDigit } from "./char";

/** Only digits, at least one, with an optional minus. */
export function isInteger(text: Slice): bool {
  let i = text.at(0) == Char.Minus ? 1 : 0;
  if (i == text.length) return false;
  for (; i < text.length; i++) if (!isDigit(text.at(i))) return false;
  return true;
}

/** The integer that `isInteger` text spells; the nearest bound of i64 when it does not fit. */
export function saturate(digits: Slice): i64 {
  const negative = digits.at(0) == Char.Minus;
  let value: u64 = 0;
  const cap: u64 = negative ? <u64>i64.MIN_VALUE : <u64>i64.MAX_VALUE;
  for (let i = negative ? 1 : 0; i < digits.length; i++) {
    const digit = <u64>(digits.at(i) - Char.Zero);
    if (value > (cap - digit) / 10) return negative ? i64.MIN_VALUE : i64.MAX_VALUE;
    value = value * 10 + digit;
  }
  return negative ? <i64>(0 - value) : <i64>value;
}
