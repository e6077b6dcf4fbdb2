import { Slice } from "./slice";

/** Where a byte stands twice in a row, from a position on; −1: nowhere. Looks at sixteen at a time. */
export function findTwice(text: Slice, byte: u8, from: i32): i32 {
  const wanted = i8x16.splat(byte);
  let at = from;
  for (; at + 17 <= text.length; at += 16) {
    const here = text.ptr + <usize>at;
    const both = v128.and(i8x16.eq(v128.load(here), wanted), i8x16.eq(v128.load(here, 1), wanted));
    const found = i8x16.bitmask(both);
    if (found != 0) return at + ctz<i32>(found);
  }
  for (; at + 1 < text.length; at++) {
    if (text.at(at) == byte && text.at(at + 1) == byte) return at;
  }
  return -1;
}
