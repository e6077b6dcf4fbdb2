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
  if (value < 0) out.appendByte(<u8>Char.Minus);
  const digits = shortestDigits(size);
  out.appendByte(<u8>(Char.Zero + digits.digit(0)));
  if (digits.count > 1) out.appendByte(<u8>Char.Dot);
  for (let i = 1; i < digits.count; i++) out.appendByte(<u8>(Char.Zero + digits.digit(i)));
  out.appendByte(0x65); // e
  if (digits.point > 0) out.appendByte(<u8>Char.Plus);
  out.appendInteger(digits.point - 1);
}
