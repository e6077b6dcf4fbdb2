import { Char } from "./char";

/*
 * Walking over JSON text without understanding it. Positions are addresses; `end` is the address
 * after the last byte that may be read; answer 0 means "cut off before its end". Nothing here
 * allocates, validates or recurses.
 */

/** Address of the quote that closes a string, `at` being the byte after the opening one; or 0. */
export function findQuote(at: usize, end: usize): usize {
  const quote = i8x16.splat(<i8>Char.Quote);
  const backslash = i8x16.splat(<i8>Char.Backslash);
  while (at + 16 <= end) {
    const chunk = v128.load(at);
    const quotes = i8x16.bitmask(i8x16.eq(chunk, quote));
    let slashes = i8x16.bitmask(i8x16.eq(chunk, backslash));
    if ((quotes | slashes) == 0) {
      at += 16;
      continue;
    }
    // `open` holds the quotes not yet known to be escaped; a backslash removes its successor.
    let open = quotes;
    let step: usize = 16;
    while (slashes != 0 && (open == 0 || ctz(slashes) < ctz(open))) {
      const pair = 3 << ctz(slashes);
      if (pair & 0x10000) step = 17; // the escaped byte is the first of the next chunk
      slashes &= ~pair;
      open &= ~pair;
    }
    if (open != 0) return at + <usize>ctz(open);
    at += step;
  }
  while (at < end) {
    const byte = load<u8>(at);
    if (byte == Char.Quote) return at;
    at += byte == Char.Backslash ? 2 : 1;
  }
  return 0;
}

/**
 * Address after the bracket that closes a container, `at` being the byte after the opening one;
 * or 0. Both kinds of bracket count alike, as in GJSON: what is inside is not validated.
 */
export function skipContainer(at: usize, end: usize): usize {
  const quote = i8x16.splat(<i8>Char.Quote);
  const open = i8x16.splat(<i8>Char.OpenCurly);
  const close = i8x16.splat(<i8>Char.CloseCurly);
  const fold = i8x16.splat(0x20); // [ and { differ in this bit only, so do ] and }
  let depth = 1;
  while (at + 16 <= end) {
    const chunk = v128.load(at);
    const folded = v128.or(chunk, fold);
    const quotes = i8x16.bitmask(i8x16.eq(chunk, quote));
    let opens = i8x16.bitmask(i8x16.eq(folded, open));
    let closes = i8x16.bitmask(i8x16.eq(folded, close));
    // Brackets after the first quote are judged after its string.
    const before = quotes == 0 ? 0xffff : (1 << ctz(quotes)) - 1;
    opens &= before;
    closes &= before;
    if (popcnt(closes) < depth) {
      depth += popcnt(opens) - popcnt(closes);
    } else {
      while ((opens | closes) != 0) {
        const bit = ctz(opens | closes);
        if ((opens >> bit) & 1) depth++;
        else if (--depth == 0) return at + <usize>bit + 1;
        opens &= ~(1 << bit);
        closes &= ~(1 << bit);
      }
    }
    if (quotes == 0) {
      at += 16;
      continue;
    }
    const closing = findQuote(at + <usize>ctz(quotes) + 1, end);
    if (closing == 0) return 0;
    at = closing + 1;
  }
  while (at < end) {
    const byte = load<u8>(at);
    if (byte == Char.Quote) {
      at = findQuote(at + 1, end);
      if (at == 0) return 0;
    } else if ((byte | 0x20) == Char.OpenCurly) {
      depth++;
    } else if ((byte | 0x20) == Char.CloseCurly && --depth == 0) {
      return at + 1;
    }
    at++;
  }
  return 0;
}

/** Address after a number: it runs to a blank, a comma, a closing bracket or the end. */
export function skipNumber(at: usize, end: usize): usize {
  while (at < end) {
    const byte = <i32>load<u8>(at);
    if (byte <= Char.Space || byte == Char.Comma) break;
    if (byte == Char.CloseSquare || byte == Char.CloseCurly) break;
    at++;
  }
  return at;
}

/** Address after a word of small letters. */
export function skipWord(at: usize, end: usize): usize {
  while (at < end && <u32>(load<u8>(at) - 0x61) < 26) at++;
  return at;
}
