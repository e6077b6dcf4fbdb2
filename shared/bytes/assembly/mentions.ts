import { sameBytes, Slice } from "./slice";

/**
 * Whether a text has a word, of two bytes or more: its first two are looked for at sixteen places at a
 * time, so that events without it cost next to nothing.
 */
export function mentions(text: Slice, word: Slice): bool {
  const first = i8x16.splat(load<i8>(word.ptr));
  const second = i8x16.splat(load<i8>(word.ptr, 1));
  const end = text.ptr + <usize>text.length;
  let at = text.ptr;
  for (; at + 17 <= end; at += 16) {
    const firsts = i8x16.eq(v128.load(at), first);
    let hits = i8x16.bitmask(v128.and(firsts, i8x16.eq(v128.load(at, 1), second)));
    for (; hits != 0; hits &= hits - 1) {
      if (isAt(at + <usize>ctz(hits), end, word)) return true;
    }
  }
  for (; at < end; at++) if (isAt(at, end, word)) return true;
  return false;
}

function isAt(at: usize, end: usize, word: Slice): bool {
  return at + <usize>word.length <= end && sameBytes(at, word.ptr, word.length);
}
