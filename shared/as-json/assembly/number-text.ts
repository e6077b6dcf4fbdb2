import { Builder } from "@ai-gateway-wasm/bytes";
import { Char } from "./char";
import { appendDecimal, shortestDigits } from "./number";

/**
 * Appends a JSON number as Go's encoding/json does: plain decimal between 1e-6 and 1e21, else with
 * an exponent (`1e-07` is written `1e-7`). JSON has no NaN and no infinity: those become `null`.
 */
export function appendJsonNumber(out: Builder, value: f64): void {
  if (!isFinite(value)) {
    out.appendText("null");
    return;
  }
  const size = abs(value);
  if (size == 0 || (size >= 1e-6 && size < 1e21)) return appendDecimal(out, value);
  appendScientific(out, value, 1);
}

/**
 * Appends a number as Go's fmt does for `%v`: plain decimal between 1e-4 and 1e6, else with an
 * exponent of at least two digits (`1e+06`); `NaN`, `+Inf` and `-Inf`.
 */
export function appendGoNumber(out: Builder, value: f64): void {
  const size = abs(value);
  if (!isFinite(value) || size == 0 || (size >= 1e-4 && size < 1e6)) appendDecimal(out, value);
  else appendScientific(out, value, 2);
}

/** `-1.25e+06`: @param width least number of digits of the exponent, 1 or 2 */
function appendScientific(out: Builder, value: f64, width: i32): void {
  const digits = shortestDigits(abs(value));
  if (value < 0) out.appendByte(<u8>Char.Minus);
  out.appendByte(<u8>(Char.Zero + digits.digit(0)));
  if (digits.count > 1) out.appendByte(<u8>Char.Dot);
  for (let i = 1; i < digits.count; i++) out.appendByte(<u8>(Char.Zero + digits.digit(i)));
  const exponent = digits.point - 1;
  out.appendByte(0x65).appendByte(<u8>(exponent < 0 ? Char.Minus : Char.Plus));
  if (width == 2 && abs(exponent) < 10) out.appendByte(<u8>Char.Zero);
  out.appendInteger(abs(exponent));
}
