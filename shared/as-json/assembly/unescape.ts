import { Builder, hexValue, sameBytes, Slice } from "@ai-gateway-wasm/bytes";
import { Char } from "./char";
import { findBackslash } from "./scan";

/** The first two bytes of `\uXXXX`. */
const BACKSLASH_U: u16 = 0x755c;
/** A key in the making: bodies may have a million of them. */
const KEY: Builder = new Builder(0);

/**
 * The text between the quotes of a JSON string with its escapes resolved, as UTF-8; the same slice
 * when there is none. Surrogate pairs are combined, a lone surrogate becomes U+FFFD, and an invalid
 * escape ends the text there (ai-cache contract, Annex A). Bytes that are not valid UTF-8 stay.
 */
export function unescape(text: Slice): Slice {
  const end = text.ptr + <usize>text.length;
  if (findBackslash(text.ptr, end) == 0) return text;
  const out = new Builder(text.length);
  appendUnescaped(out, text.ptr, end);
  return out.view();
}

/** Whether the bytes in `[at, end)`, some of them escaped, are this text. Takes no memory. */
export function unescapesTo(at: usize, end: usize, text: Slice): bool {
  KEY.clear();
  appendUnescaped(KEY, at, end);
  return KEY.length == text.length && sameBytes(KEY.ptr, text.ptr, text.length);
}

function appendUnescaped(out: Builder, at: usize, end: usize): void {
  let next = findBackslash(at, end);
  while (next != 0) {
    out.appendRaw(at, <i32>(next - at));
    const used = appendEscape(out, next, end);
    if (used == 0) return;
    at = next + used;
    next = findBackslash(at, end);
  }
  out.appendRaw(at, <i32>(end - at));
}

/** Appends what the escape at `at` stands for; answers its length in bytes, 0 when it is invalid. */
function appendEscape(out: Builder, at: usize, end: usize): usize {
  const byte: i32 = at + 1 < end ? load<u8>(at + 1) : 0;
  switch (byte) {
    case Char.Quote:
    case Char.Backslash:
    case Char.Slash:
      out.appendByte(<u8>byte);
      return 2;
    case 0x62: // b
      out.appendByte(0x08);
      return 2;
    case 0x66: // f
      out.appendByte(0x0c);
      return 2;
    case 0x6e: // n
      out.appendByte(<u8>Char.LineFeed);
      return 2;
    case 0x72: // r
      out.appendByte(<u8>Char.Return);
      return 2;
    case 0x74: // t
      out.appendByte(<u8>Char.Tab);
      return 2;
    case 0x75: // u
      return appendUnicode(out, at, end);
    default:
      return 0;
  }
}

function appendUnicode(out: Builder, at: usize, end: usize): usize {
  const unit = readUnit(at, end);
  if (unit < 0) return 0;
  if (unit < 0xd800 || unit > 0xdfff) {
    out.appendCodePoint(unit);
    return 6;
  }
  const low = unit < 0xdc00 ? readUnit(at + 6, end) : -1;
  if (low < 0xdc00 || low > 0xdfff) {
    out.appendCodePoint(0xfffd);
    return 6;
  }
  out.appendCodePoint(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
  return 12;
}

/** The number in `\uXXXX` at `at`, or -1 when that is not what stands before `end`. */
export function readUnit(at: usize, end: usize): i32 {
  if (at + 6 > end || load<u16>(at) != BACKSLASH_U) return -1;
  const last = at + 6;
  let unit = 0;
  for (at += 2; at < last; at++) {
    const digit = hexValue(load<u8>(at));
    if (digit < 0) return -1;
    unit = (unit << 4) | digit;
  }
  return unit;
}
