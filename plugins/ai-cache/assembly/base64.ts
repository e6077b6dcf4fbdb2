import { Slice } from "@ai-gateway-wasm/bytes";

const PADDING: u8 = 0x3d;

/** The bytes of base64 with its padding (RFC 4648 section 4), or null for anything else. */
export function decodeBase64(text: Slice): Slice | null {
  if ((text.length & 3) != 0) return null;
  let end = text.length;
  while (end > text.length - 2 && text.at(end - 1) == PADDING) end--;
  const data = new StaticArray<u8>((end * 3) >> 2);
  let group: u32 = 0;
  let written = 0;
  for (let at = 0; at < end; at++) {
    const value = valueOf(text.at(at));
    if (value < 0) return null;
    group = (group << 6) | (<u32>value);
    const bits = 6 * ((at & 3) + 1);
    if ((at & 3) > 0) data[written++] = <u8>(group >> (bits % 8));
  }
  return Slice.of(data);
}

/** What a letter of the alphabet stands for, or -1. */
function valueOf(letter: i32): i32 {
  const small = letter | 0x20;
  if (<u32>(small - 0x61) < 26) return small - 0x61 + (letter == small ? 26 : 0);
  if (<u32>(letter - 0x30) < 10) return letter - 0x30 + 52;
  return letter == 0x2b ? 62 : letter == 0x2f ? 63 : -1;
}
