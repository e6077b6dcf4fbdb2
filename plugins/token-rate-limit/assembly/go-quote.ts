import { appendHex, Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
/** What Go writes for the control characters that have a letter: 0x07 to 0x0d. */
const LETTERS: Slice = bytes("abtnvfr");

/**
 * A text as Go's `%q` prints it: in quotes, with `"` and `\` escaped, control characters as `\n` or
 * `\x01`, other characters that show nothing as `\u00a0`. Bytes that are no UTF-8 become U+FFFD.
 */
export function goQuote(text: Slice): string {
  const units = text.toString();
  const out = new Builder(text.length + 16).appendByte(QUOTE);
  let plain = 0;
  for (let i = 0; i < units.length; i++) {
    const unit = units.charCodeAt(i);
    if (!isEscaped(unit)) continue;
    appendEscape(out.appendText(units.substring(plain, i)), unit);
    plain = i + 1;
  }
  return out.appendText(units.substring(plain, units.length)).appendByte(QUOTE).view().toString();
}

function isEscaped(unit: i32): bool {
  return unit < 0x20 || unit == QUOTE || unit == BACKSLASH || unit == 0x7f || isInvisible(unit);
}

function appendEscape(out: Builder, unit: i32): void {
  out.appendByte(BACKSLASH);
  const letter = LETTERS.at(unit - 0x07);
  if (letter >= 0) out.appendByte(<u8>letter);
  else if (unit == QUOTE || unit == BACKSLASH) out.appendByte(<u8>unit);
  else appendUnit(out, unit);
}

/** `u` and four digits, or `x` and two. */
function appendUnit(out: Builder, unit: i32): void {
  const isWide = unit >= 0x80;
  appendHex(out.appendByte(isWide ? 0x75 : 0x78), unit, isWide ? 4 : 2);
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
