import { Builder, hexValue, Slice } from "@ai-gateway-wasm/bytes";
import { Char } from "./char";
import { findBackslash } from "./scan";

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
  const unit = readUnit(text, at);
  if (unit < 0) return 0;
  if (unit < 0xd800 || unit > 0xdfff) {
    appendCodePoint(out, unit);
    return 6;
  }
  const low = unit < 0xdc00 ? readUnit(text, at + 6) : -1;
  if (low < 0xdc00 || low > 0xdfff) {
    appendCodePoint(out, 0xfffd);
    return 6;
  }
  appendCodePoint(out, 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00));
  return 12;
}

/** The number in `\uXXXX` at `at`, or -1 when that is not what stands there. */
export function readUnit(text: Slice, at: i32): i32 {
  if (text.at(at) != Char.Backslash || text.at(at + 1) != 0x75) return -1;
  let unit = 0;
  for (let i = at + 2; i < at + 6; i++) {
    const digit = hexValue(text.at(i));
    if (digit < 0) return -1;
    unit = (unit << 4) | digit;
  }
  return unit;
}

/** Appends one code point as UTF-8. */
export function appendCodePoint(out: Builder, point: i32): void {
  if (point < 0x80) {
    out.appendByte(<u8>point);
    return;
  }
  if (point < 0x800) {
    out.appendByte(<u8>(0xc0 | (point >> 6)));
  } else {
    if (point < 0x10000) {
      out.appendByte(<u8>(0xe0 | (point >> 12)));
    } else {
      out.appendByte(<u8>(0xf0 | (point >> 18)));
      out.appendByte(<u8>(0x80 | ((point >> 12) & 63)));
    }
    out.appendByte(<u8>(0x80 | ((point >> 6) & 63)));
  }
  out.appendByte(<u8>(0x80 | (point & 63)));
}
