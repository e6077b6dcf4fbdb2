import { Slice } from "./slice";

/** Whether all bytes are well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms). */
export function isValidUtf8(text: Slice): bool {
  return validUtf8(text) == text.length;
}

/** How many bytes at the beginning of the text are well-formed UTF-8. */
export function validUtf8(text: Slice): i32 {
  const end = text.ptr + <usize>text.length;
  let at = text.ptr;
  while (at < end) {
    while (at + 16 <= end && i8x16.bitmask(v128.load(at)) == 0) at += 16;
    if (at == end) break;
    const length = sequenceLength(at, end);
    if (length == 0) break;
    at += <usize>length;
  }
  return <i32>(at - text.ptr);
}

/** Length in bytes of the well-formed character at `at`; 0 when it is malformed or cut off. */
export function sequenceLength(at: usize, end: usize): i32 {
  const first = load<u8>(at);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (at + <usize>length > end) return 0;
  const second = load<u8>(at + 1);
  // The second byte rules out overlong forms, surrogates and code points above U+10FFFF.
  const low: u8 = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const high: u8 = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i: usize = 2; i < <usize>length; i++) {
    if ((load<u8>(at + i) & 0xc0) != 0x80) return 0;
  }
  return length;
}
