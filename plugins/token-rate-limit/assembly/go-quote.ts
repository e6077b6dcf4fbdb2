import { Builder, Slice } from "@ai-gateway-wasm/bytes";

const HEX: string = "0123456789abcdef";
/** What Go writes for the control characters that have a letter: 0x07 to 0x0d. */
const LETTERS: string = "abtnvfr";

/**
 * A text as Go's `%q` prints it: in quotes, with `"` and `\` escaped, control characters as `\n` or
 * `\x01`, other characters that show nothing as `\u00a0`. Bytes that are no UTF-8 become U+FFFD.
 */
export function goQuote(text: Slice): string {
  const units = text.toString();
  const out = new Builder(text.length + 16).appendByte(0x22);
  let plain = 0;
  for (let i = 0; i < units.length; i++) {
    const escape = escapeOf(units.charCodeAt(i));
    if (escape === null) continue;
    out.appendText(units.substring(plain, i)).appendText(escape);
    plain = i + 1;
  }
  return out.appendText(units.substring(plain)).appendByte(0x22).view().toString();
}

/** Null for a character that stands for itself. */
function escapeOf(unit: i32): string | null {
  if (unit == 0x22) return '\\"';
  if (unit == 0x5c) return "\\\\";
  if (unit >= 0x07 && unit <= 0x0d) return "\\" + LETTERS.charAt(unit - 0x07);
  if (unit < 0x20 || unit == 0x7f) return "\\x" + hex(unit, 2);
  return isInvisible(unit) ? "\\u" + hex(unit, 4) : null;
}

/** First and last of the controls, of blanks other than 0x20, of marks without a shape, of private ones. */
const INVISIBLE: StaticArray<i32> = [
  0x80, 0xa0, 0xad, 0xad, 0x1680, 0x1680, 0x2000, 0x200f, 0x2028, 0x202f, 0x205f, 0x206f, 0x3000,
  0x3000, 0xe000, 0xf8ff, 0xfeff, 0xfeff, 0xfff0, 0xfffb,
];

function isInvisible(unit: i32): bool {
  for (let i = 0; i < INVISIBLE.length; i += 2) {
    if (unit >= INVISIBLE[i] && unit <= INVISIBLE[i + 1]) return true;
  }
  return false;
}

function hex(value: i32, digits: i32): string {
  let text = "";
  for (let i = 0; i < digits; i++) {
    text = HEX.charAt(value & 15) + text;
    value >>= 4;
  }
  return text;
}
