import { JsonValue } from "@ai-gateway-wasm/as-json";
import { Builder, NO_BYTES, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { configText } from "@ai-gateway-wasm/kit";

const DOT: u8 = 0x2e;
const MOST: i64 = 10000;

/**
 * A percentage between 0 and 100 of at most two decimals, in hundredths: `12.5` → 1250. -1 for
 * anything else.
 */
export function readHundredths(value: JsonValue): i32 {
  if (!value.isNumber && !value.isString) return -1;
  const text = configText(value);
  const point = text.indexOf(DOT);
  const whole = point < 0 ? text : text.sub(0, point);
  const decimals = point < 0 ? NO_BYTES : text.sub(point + 1);
  if (whole.isEmpty || decimals.length > 2 || (point >= 0 && decimals.isEmpty)) return -1;
  const digits = new Builder(8).append(whole).append(decimals);
  for (let i = decimals.length; i < 2; i++) digits.appendByte(0x30);
  const number = isDigits(digits.view()) ? parseInteger(digits.view()) : -1;
  return number > MOST ? -1 : <i32>max<i64>(number, -1);
}

/** Hundredths as a number: 9550 → `95.5`. */
export function spellHundredths(hundredths: i32): string {
  const out = new Builder(16).appendInteger(hundredths / 100);
  const rest = hundredths % 100;
  if (rest > 0) {
    out.appendByte(DOT).appendByte(<u8>(0x30 + rest / 10));
    if (rest % 10 > 0) out.appendByte(<u8>(0x30 + (rest % 10)));
  }
  return out.view().toString();
}

function isDigits(text: Slice): bool {
  for (let i = 0; i < text.length; i++) if (<u32>(text.at(i) - 0x30) > 9) return false;
  return true;
}
