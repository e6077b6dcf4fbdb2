import { Builder, hexValue, Slice } from "@ai-gateway-wasm/bytes";
import { Char } from "./char";
import { findBackslash } from "./scan";

/** The first two bytes of `\uXXXX`. */
const BACKSLASH_U: u16 = 0x755c;

/**
 * The text between the quotes of a JSON string with its escapes resolved, as UTF-8; the same slice
 * when there is none. Surrogate pairs are combined, a lone surrogate becomes U+FFFD, and an invalid
 * escape ends the text there (ai-cache contract, Annex A). Bytes that are not valid UTF-8 stay.
 */
export function unescape(text: Slice): Slice {
  const end = text.ptr + <usize>text.length;
  let next = findBackslash(text.ptr, end);
  if (next == 0) return text;
  const out = new Builder(text.length);
  let from = text.ptr;
  while (next != 0) {
    out.appendRaw(from, <i32>(next - from));
    const used = appendEscape(out, text, <i32>(next - text.ptr));
    if (used == 0) return out.view();
    from = next + <usize>used;
    next = findBackslash(from, end);
  }
  return out.appendRaw(from, <i32>(end - from)).view();
}

/** Appends what the escape at `at` stands for; answers its length in bytes, 0 when it is invalid. */
function appendEscape(out: Builder, text: Slice, at: i32): i32 {
  switch (text.at(at + 1)) {
    case Char.Quote:
    case Char.Backslash:
    case Char.Slash:
      out.appendByte(<u8>text.at(at + 1));
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
      return appendUnicode(out, text, at);
    default:
      return 0;
  }
}

function appendUnicode(out: Builder, text: Slice, at: i32): i32 {
  const from = text.ptr + <usize>at;
  const end = text.ptr + <usize>text.length;
  const unit = readUnit(from, end);
  if (unit < 0) return 0;
  if (unit < 0xd800 || unit > 0xdfff) {
    out.appendCodePoint(unit);
    return 6;
  }
  const low = unit < 0xdc00 ? readUnit(from + 6, end) : -1;
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
