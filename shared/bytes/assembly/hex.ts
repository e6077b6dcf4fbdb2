import { Builder } from "./builder";
import { Slice } from "./slice";

/** Lower-case hexadecimal digits of `data`, two per byte. */
export function encodeHex(data: Slice): Slice {
  const text = new StaticArray<u8>(data.length << 1);
  for (let i = 0; i < data.length; i++) {
    const byte = data.at(i);
    text[i << 1] = digit(byte >> 4);
    text[(i << 1) + 1] = digit(byte & 15);
  }
  return Slice.of(text);
}

/** The bytes of hexadecimal `text` in either case, or null when it is not whole pairs of digits. */
export function decodeHex(text: Slice): Slice | null {
  if (text.length & 1) return null;
  const data = new StaticArray<u8>(text.length >> 1);
  for (let i = 0; i < data.length; i++) {
    const high = hexValue(text.at(i << 1));
    const low = hexValue(text.at((i << 1) + 1));
    if (high < 0 || low < 0) return null;
    data[i] = <u8>((high << 4) | low);
  }
  return Slice.of(data);
}

/** Appends the last `digits` lower-case hexadecimal digits of `value`. */
export function appendHex(out: Builder, value: u32, digits: i32): void {
  for (let shift = (digits - 1) << 2; shift >= 0; shift -= 4) {
    out.appendByte(digit((value >> shift) & 15));
  }
}

function digit(value: i32): u8 {
  return <u8>(value < 10 ? 0x30 + value : 0x57 + value);
}

/** The value of one hexadecimal digit, or -1. */
export function hexValue(byte: i32): i32 {
  if (<u32>(byte - 0x30) < 10) return byte - 0x30;
  const letter = byte | 0x20;
  return <u32>(letter - 0x61) < 6 ? letter - 0x57 : -1;
}
