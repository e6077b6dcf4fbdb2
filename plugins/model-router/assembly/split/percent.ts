import { JsonValue } from "@ai-gateway-wasm/as-json";
import { Builder, NOT_AN_INTEGER, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
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
  const decimals = point < 0 ? 0 : text.length - point - 1;
  if (text.isEmpty || point == 0 || decimals > 2 || (point > 0 && decimals == 0)) return -1;
  const digits = new Builder(8).append(point < 0 ? text : text.sub(0, point));
  if (point >= 0) digits.append(text.sub(point + 1));
  for (let i = decimals; i < 2; i++) digits.appendByte(0x30);
  if (!isDigits(digits.view())) return -1;
  const number = parseInteger(digits.view());
  return number == NOT_AN_INTEGER || number > MOST ? -1 : <i32>number;
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
