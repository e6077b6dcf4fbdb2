import { hexValue } from "@ai-gateway-wasm/bytes";
import { MAX_RUNE } from "./char-set";
import { RegexFault } from "./error";
import { END, Pattern } from "./pattern";

/**
 * Reads an escape that stands for one code point; `pattern` stands at the backslash. Notes a fault
 * and answers END for everything else.
 */
export function escapedRune(pattern: Pattern): i32 {
  const start = pattern.at;
  pattern.take();
  if (pattern.isAtEnd) {
    pattern.failWith(RegexFault.TrailingBackslash, pattern.at, pattern.at);
    return END;
  }
  const c = pattern.take();
  // Any punctuation stands for itself.
  if (c < 0x80 && !isLetterOrDigit(c)) return c;
  const rune = namedRune(pattern, c);
  if (rune == END) pattern.fail(RegexFault.Escape, start);
  return rune;
}

function namedRune(pattern: Pattern, c: i32): i32 {
  switch (c) {
    case 0x61: // a
      return 7;
    case 0x66: // f
      return 0x0c;
    case 0x6e: // n
      return 0x0a;
    case 0x72: // r
      return 0x0d;
    case 0x74: // t
      return 0x09;
    case 0x76: // v
      return 0x0b;
    case 0x78: // x
      return hexRune(pattern);
    case 0x75: // u
      return hexDigits(pattern, 4);
    default:
      return octalRune(pattern, c);
  }
}

/** `\0`, `\012`; a single digit from 1 to 7 would be a back-reference. */
function octalRune(pattern: Pattern, first: i32): i32 {
  if (first < 0x30 || first > 0x37) return END;
  if (first != 0x30 && !isOctal(pattern.next)) return END;
  let rune = first - 0x30;
  for (let i = 0; i < 2 && isOctal(pattern.next); i++) rune = rune * 8 + pattern.take() - 0x30;
  return rune;
}

/** `\x41` or `\x{4e2d}`. */
function hexRune(pattern: Pattern): i32 {
  if (!pattern.skips(0x7b)) return hexDigits(pattern, 2);
  let rune = 0;
  let count = 0;
  while (!pattern.skips(0x7d)) {
    const digit = hexValue(pattern.take());
    if (digit < 0) return END;
    rune = rune * 16 + digit;
    if (rune > MAX_RUNE) return END;
    count++;
  }
  return count > 0 ? rune : END;
}

function hexDigits(pattern: Pattern, count: i32): i32 {
  let rune = 0;
  for (let i = 0; i < count; i++) {
    const digit = hexValue(pattern.take());
    if (digit < 0) return END;
    rune = rune * 16 + digit;
  }
  return rune;
}

function isOctal(c: i32): bool {
  return c >= 0x30 && c <= 0x37;
}

function isLetterOrDigit(c: i32): bool {
  const letter = c | 0x20;
  return (c >= 0x30 && c <= 0x39) || (letter >= 0x61 && letter <= 0x7a);
}
