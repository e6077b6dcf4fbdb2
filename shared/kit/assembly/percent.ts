import { Builder, Slice } from "@ai-gateway-wasm/bytes";

const PERCENT: u8 = 0x25;
const PLUS: u8 = 0x2b;
const SPACE: i32 = 0x20;
const SLASH: i32 = 0x2f;

/** Appends one segment of a path: all but unreserved characters as `%XX` (RFC 3986 section 2.1). */
export function appendSegment(out: Builder, text: Slice): Builder {
  for (let i = 0; i < text.length; i++) appendByte(out, text.at(i));
  return out;
}

/** Appends some segments; the slashes between them stay. */
export function appendSegments(out: Builder, text: Slice): Builder {
  for (let i = 0; i < text.length; i++) {
    if (text.at(i) == SLASH) out.appendByte(<u8>SLASH);
    else appendByte(out, text.at(i));
  }
  return out;
}

/** Appends a value of a query or body as forms have it: a blank is a `+`. */
export function appendForm(out: Builder, text: Slice): Builder {
  for (let i = 0; i < text.length; i++) {
    if (text.at(i) == SPACE) out.appendByte(PLUS);
    else appendByte(out, text.at(i));
  }
  return out;
}

function appendByte(out: Builder, byte: i32): void {
  if (isUnreserved(byte)) out.appendByte(<u8>byte);
  else
    out
      .appendByte(PERCENT)
      .appendByte(digit(byte >> 4))
      .appendByte(digit(byte & 15));
}

/** Letters, digits, `-`, `_`, `.`, `~`. */
function isUnreserved(byte: i32): bool {
  if (<u32>((byte | 0x20) - 0x61) < 26 || <u32>(byte - 0x30) < 10) return true;
  return byte == 0x2d || byte == 0x5f || byte == 0x2e || byte == 0x7e;
}

function digit(value: i32): u8 {
  return <u8>(value < 10 ? 0x30 + value : 0x37 + value);
}
