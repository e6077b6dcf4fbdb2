/** What an event says about usage, judged by its bytes. */
export const enum Mention {
  /** Neither `"usage"` nor `"usageMetadata"`: nothing to read. */
  None,
  /** Only `"usage":null`, which OpenAI sends in every event but the last. */
  Null,
  /** A usage worth reading. */
  Value,
}

const QUOTE: u8 = 0x22;
const COLON: u8 = 0x3a;
const SPACE: u8 = 0x20;
/** `"u` as a little-endian number, then `sage`. */
const QUOTE_U: u16 = 0x7522;
const SAGE: u32 = 0x65676173;
const NULL: u32 = 0x6c6c756e;
/** Bytes of `"usage` and one more. */
const SHORTEST: usize = 7;

/**
 * Whether the bytes in `[at, end)` mention usage. Looks for a quote and a `u` at sixteen places at
 * a time: chunks without usage, nearly all of a stream, cost nothing but this.
 */
export function mentionOfUsage(at: usize, end: usize): Mention {
  let mention = Mention.None;
  while (true) {
    at = findUsage(at, end);
    if (at == 0) return mention;
    if (!isNullAt(at, end)) return Mention.Value;
    mention = Mention.Null;
  }
}

/** Address after the next `"usage`, or 0. */
function findUsage(at: usize, end: usize): usize {
  const quote = i8x16.splat(<i8>QUOTE);
  const letter = i8x16.splat(0x75);
  while (at + 17 <= end) {
    const quotes = i8x16.eq(v128.load(at), quote);
    const letters = i8x16.eq(v128.load(at, 1), letter);
    let hits = i8x16.bitmask(v128.and(quotes, letters));
    while (hits != 0) {
      const hit = at + <usize>ctz(hits);
      if (isUsageAt(hit, end)) return hit + 6;
      hits &= hits - 1;
    }
    at += 16;
  }
  for (; at + SHORTEST <= end; at++) {
    if (load<u16>(at) == QUOTE_U && isUsageAt(at, end)) return at + 6;
  }
  return 0;
}

/** Whether `"usage"` or `"usageM…` stands at `at`, where `"u` does. */
function isUsageAt(at: usize, end: usize): bool {
  if (at + SHORTEST > end || load<u32>(at, 2) != SAGE) return false;
  const next = load<u8>(at, 6);
  return next == QUOTE || next == 0x4d; // M
}

/** Whether the key that goes on at `at` has the value `null`. */
function isNullAt(at: usize, end: usize): bool {
  if (load<u8>(at++) != QUOTE) return false;
  while (at < end && (load<u8>(at) <= SPACE || load<u8>(at) == COLON)) at++;
  return at + 4 <= end && load<u32>(at) == NULL;
}
