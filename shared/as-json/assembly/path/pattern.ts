import { Slice } from "@ai-gateway-wasm/bytes";
import { Char } from "../char";

/**
 * Whether the whole text matches a pattern: `*` any run of bytes, `?` one character, `\` takes the
 * next byte literally. Goes back to the last star only, so the work is at most
 * text × pattern; GJSON's work limit (10000 × length) is not needed.
 */
export function matches(text: Slice, pattern: Slice): bool {
  let t = 0;
  let p = 0;
  let star = -1; // position after the last star
  let retry = 0; // where the text of that star ends, so far
  while (t < text.length) {
    const wanted = pattern.at(p);
    if (wanted == Char.Star) {
      star = ++p;
      retry = t;
      continue;
    }
    if (wanted == Char.Question) {
      t += characterLength(text, t);
      p++;
      continue;
    }
    const isLiteral = wanted == Char.Backslash && p + 1 < pattern.length;
    if (wanted >= 0 && text.at(t) == (isLiteral ? pattern.at(p + 1) : wanted)) {
      t++;
      p += isLiteral ? 2 : 1;
      continue;
    }
    if (star < 0) return false;
    p = star;
    t = ++retry;
  }
  while (pattern.at(p) == Char.Star) p++;
  return p == pattern.length;
}

/** Bytes of the character at `at`; 1 where the text is not UTF-8. */
function characterLength(text: Slice, at: i32): i32 {
  let length = 1;
  if (text.at(at) >= 0xc0) while (length < 4 && (text.at(at + length) & 0xc0) == 0x80) length++;
  return length;
}
