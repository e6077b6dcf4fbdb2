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

/** Address of the first backslash in `[at, end)`, or 0. */
export function findBackslash(at: usize, end: usize): usize {
  const backslash = i8x16.splat(<i8>Char.Backslash);
  while (at + 16 <= end) {
    const hits = i8x16.bitmask(i8x16.eq(v128.load(at), backslash));
    if (hits != 0) return at + <usize>ctz(hits);
    at += 16;
  }
  for (; at < end; at++) if (load<u8>(at) == Char.Backslash) return at;
  return 0;
}

/**
 * Address after the bracket that closes a container, `at` being the byte after the opening one;
 * or 0. Both kinds of bracket count alike, as in GJSON: what is inside is not validated.
 */
export function skipContainer(at: usize, end: usize): usize {
  return skipOpen(at, end, 1, false);
}

/** Brackets that were open where the last `skipOpen` was cut off. */
export let cutDepth: i32 = 0;
/** Whether it was cut off inside of a string. */
export let cutInString: bool = false;

/**
 * The same from the middle of a container in which `depth` brackets are open, `at` being inside of
 * a string or not. When it answers 0, `cutDepth` and `cutInString` say how to go on.
 *
 * Sixteen bytes at a time. Without a backslash among them, the quotes alone tell which bytes are
 * inside of strings; with one, the string it is in is skipped by `findQuote`:
 *
 *   bytes    a " b [ " , [ ]          quotes   0 1 0 0 1 0 0 0
 *   inside   0 1 1 1 0 0 0 0          so that only the last two brackets count
 *
 * Measured in Node 20 on chat bodies of 100 KiB (test/bench/micro/json.ts, best of 4000): 11 GB/s
 * with long strings, 5.6 GB/s with messages of 40 characters, 2.5 GB/s with source code.
 */
export function skipOpen(at: usize, end: usize, depth: i32, isInString: bool): usize {
  const quote = i8x16.splat(<i8>Char.Quote);
  const backslash = i8x16.splat(<i8>Char.Backslash);
  const open = i8x16.splat(<i8>Char.OpenCurly);
  const close = i8x16.splat(<i8>Char.CloseCurly);
  const fold = i8x16.splat(0x20); // [ and { differ in this bit only, so do ] and }
  let inString = isInString ? 0xffff : 0; // 0xffff when the chunk begins inside of a string
  while (at + 16 <= end) {
    const chunk = v128.load(at);
    const quotes = i8x16.bitmask(i8x16.eq(chunk, quote));
    const slashes = i8x16.bitmask(i8x16.eq(chunk, backslash));
    if (inString != 0) {
      if ((quotes | slashes) == 0) {
        at += 16;
        continue;
      }
      if (slashes != 0) {
        at = findQuote(at, end);
        if (at++ == 0) return cutOff(depth, true);
        inString = 0;
        continue;
      }
    }
    let inside = inString;
    if (slashes == 0) inside ^= prefixXor(quotes);
    else if (quotes != 0) inside = -1 << ctz(quotes); // judged after its string
    const folded = v128.or(chunk, fold);
    let opens = i8x16.bitmask(i8x16.eq(folded, open)) & ~inside;
    let closes = i8x16.bitmask(i8x16.eq(folded, close)) & ~inside;
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
    if (slashes != 0 && quotes != 0) {
      at = findQuote(at + <usize>ctz(quotes) + 1, end);
      if (at++ == 0) return cutOff(depth, true);
      continue;
    }
    inString = inside & 0x8000 ? 0xffff : 0;
    at += 16;
  }
  return skipOpenTail(at, end, depth, inString != 0);
}

/** The last bytes of `skipOpen`, one by one. */
function skipOpenTail(at: usize, end: usize, depth: i32, inString: bool): usize {
  while (inString || at < end) {
    const byte = inString ? <u8>Char.Quote : load<u8>(at++);
    if (byte == Char.Quote) {
      at = findQuote(at, end); // the one call here: V8 puts all of it in place of each
      if (at++ == 0) return cutOff(depth, true);
      inString = false;
    } else if ((byte | 0x20) == Char.OpenCurly) {
      depth++;
    } else if ((byte | 0x20) == Char.CloseCurly && --depth == 0) {
      return at;
    }
  }
  return cutOff(depth, false);
}

function cutOff(depth: i32, isInString: bool): usize {
  cutDepth = depth;
  cutInString = isInString;
  return 0;
}

/** Bit n of the answer: whether an odd number of the bits 0 to n is set. 16 bits. */
// @ts-expect-error: decorator
@inline
function prefixXor(bits: i32): i32 {
  bits ^= bits << 1;
  bits ^= bits << 2;
  bits ^= bits << 4;
  return (bits ^ (bits << 8)) & 0xffff;
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
