import { Builder, Slice } from "@ai-gateway-wasm/bytes";

const PERCENT: u8 = 0x25;
const SPACE: i32 = 0x20;

/** RFC 3986: all but the unreserved characters as `%XX`, for queries (content-security.md 4.2). */
export function percentEncode(text: Slice): Slice {
  const out = new Builder(text.length + 16);
  appendEncoded(out, text, false);
  return out.view();
}

/** The same, but a space is a `+`, for forms (content-security.md 4.1). */
export function appendForm(out: Builder, text: Slice): void {
  appendEncoded(out, text, true);
}

/** A byte at a time: slices between the escapes would be garbage of the size of an image. */
function appendEncoded(out: Builder, text: Slice, isForm: bool): void {
  for (let i = 0; i < text.length; i++) {
    const byte = text.at(i);
    if (isUnreserved(byte)) out.appendByte(<u8>byte);
    else if (isForm && byte == SPACE) out.appendByte(0x2b);
    else
      out
        .appendByte(PERCENT)
        .appendByte(digit(byte >> 4))
        .appendByte(digit(byte & 15));
  }
}

/** Letters, digits, `-`, `_`, `.`, `~`. */
function isUnreserved(byte: i32): bool {
  if (<u32>((byte | 0x20) - 0x61) < 26 || <u32>(byte - 0x30) < 10) return true;
  return byte == 0x2d || byte == 0x5f || byte == 0x2e || byte == 0x7e;
}

function digit(value: i32): u8 {
  return <u8>(value < 10 ? 0x30 + value : 0x37 + value);
}
