/*
 * One character, as the bytes of its UTF-8 in a number, the first byte lowest: `中` (E4 B8 AD) is
 * 0xADB8E4. What is no UTF-8 passes as it is.
 */

/** What `foldCharacter` answers for a character that counts as absent. */
export const ABSENT: u32 = u32.MAX_VALUE;

/** How tags and further variation selectors begin, U+E0000 to U+E0FFF. */
const TAG: u32 = 0xa0f3;

/** Bytes that a lead byte announces, 1 for a byte that leads nothing. */
export function widthAfter(lead: i32): i32 {
  return lead < 0xc2 || lead > 0xf4 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** Number of bytes of a character; NUL has one. */
export function byteCount(char: u32): i32 {
  return char < 0x100 ? 1 : char < 0x10000 ? 2 : char < 0x1000000 ? 3 : 4;
}

/** The character in lower case, when it is an ASCII letter. */
export function lowerCharacter(char: u32): u32 {
  return char - 0x41 < 26 ? char | 0x20 : char;
}

/** Full-width forms as half-width; ABSENT for what has no width. */
export function foldCharacter(char: u32): u32 {
  if (char < 0x80) return char;
  if ((char & 0xffff) == TAG && char >> 24 != 0) return ABSENT;
  const rune = runeOf(char);
  if (rune >= 0xff01 && rune <= 0xff5e) return rune - 0xfee0;
  if (rune == 0x3000) return 0x20;
  return hasNoWidth(rune) ? ABSENT : char;
}

/** The code point; 0 for what is no UTF-8. */
function runeOf(char: u32): u32 {
  if (widthAfter(char & 0xff) != byteCount(char)) return 0;
  const second = (char >> 8) & 0x3f;
  switch (byteCount(char)) {
    case 2:
      return ((char & 0x1f) << 6) | second;
    case 3:
      return ((char & 0x0f) << 12) | (second << 6) | ((char >> 16) & 0x3f);
    default:
      return 0;
  }
}

/** Soft hyphen, joiners, marks of direction, variation selectors, byte order mark. */
function hasNoWidth(rune: u32): bool {
  if (rune < 0x2000) return rune == 0xad || rune == 0x34f || rune == 0x61c || rune == 0x180e;
  return (
    (rune >= 0x200b && rune <= 0x200f) ||
    (rune >= 0x202a && rune <= 0x202e) ||
    (rune >= 0x2060 && rune <= 0x206f) ||
    (rune >= 0xfe00 && rune <= 0xfe0f) ||
    rune == 0xfeff
  );
}

/**
 * True for what may stand between the letters of a word to hide it: white space, and
 * `! " ' * , - . / : ; = ? \ ^ _ ` | ~ · • … 、 。`. Not `# $ % & + @`, which words like `c++` need.
 */
export function isSeparator(char: u32): bool {
  if (char >= 0x80) {
    const rune = runeOf(char);
    return (
      rune == 0xa0 ||
      rune == 0xb7 ||
      rune == 0x3001 ||
      rune == 0x3002 ||
      (rune >= 0x2010 && rune <= 0x2027)
    );
  }
  switch (char) {
    case 0x09:
    case 0x0a:
    case 0x0d:
    case 0x20:
    case 0x21: // !
    case 0x22: // "
    case 0x27: // '
    case 0x2a: // *
    case 0x2c: // ,
    case 0x2d: // -
    case 0x2e: // .
    case 0x2f: // /
    case 0x3a: // :
    case 0x3b: // ;
    case 0x3d: // =
    case 0x3f: // ?
    case 0x5c: // backslash
    case 0x5e: // ^
    case 0x5f: // _
    case 0x60: // `
    case 0x7c: // |
    case 0x7e: // ~
      return true;
    default:
      return false;
  }
}
