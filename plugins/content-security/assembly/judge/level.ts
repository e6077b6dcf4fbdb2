import { bytes, equalsIgnoreCase, Slice } from "@ai-gateway-wasm/bytes";

/** No level at all: below every bar. */
export const NO_LEVEL: i32 = -1;
export const LEVEL_NONE: i32 = 0;
export const LEVEL_LOW: i32 = 1;
export const LEVEL_MEDIUM: i32 = 2;
export const LEVEL_HIGH: i32 = 3;
export const LEVEL_MAX: i32 = 4;

const WORDS: Slice[] = [
  bytes("none"),
  bytes("low"),
  bytes("medium"),
  bytes("high"),
  bytes("max"),
  bytes("s0"),
  bytes("s1"),
  bytes("s2"),
  bytes("s3"),
  bytes("s4"),
];

/** The number of a level, in either vocabulary (content-security.md 2.3); NO_LEVEL: unknown. */
export function levelOf(word: Slice): i32 {
  for (let i = 0; i < WORDS.length; i++) {
    if (equalsIgnoreCase(word, WORDS[i])) return i % 5;
  }
  return NO_LEVEL;
}

/** How judges of our own spell a level: `none` to `max`. */
export function levelWord(level: i32): Slice {
  return WORDS[max(0, level)];
}
