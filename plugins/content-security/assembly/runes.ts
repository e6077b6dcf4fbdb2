import { Slice } from "@ai-gateway-wasm/bytes";

/** Characters of a UTF-8 text. */
export function runesIn(text: Slice): i32 {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    if ((text.at(i) & 0xc0) != 0x80) count++;
  }
  return count;
}

/** The end of a UTF-8 text: at most so many characters. */
export function lastRunes(text: Slice, most: i32): Slice {
  let left = most;
  for (let at = text.length - 1; at >= 0; at--) {
    if ((text.at(at) & 0xc0) != 0x80 && --left <= 0) return text.sub(at);
  }
  return text;
}

/** Where so many characters end that begin at a place. */
export function behindRunes(text: Slice, from: i32, runes: i32): i32 {
  let at = from;
  for (let left = runes; at < text.length; at++) {
    if ((text.at(at) & 0xc0) == 0x80) continue;
    if (left-- == 0) break;
  }
  return at;
}
