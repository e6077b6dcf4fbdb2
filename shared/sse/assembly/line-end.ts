const LINE_FEED: u8 = 0x0a;
const RETURN: u8 = 0x0d;

// @ts-expect-error: decorator
@inline
export function isLineFeed(byte: u8): bool {
  return byte == LINE_FEED;
}

// @ts-expect-error: decorator
@inline
export function isReturn(byte: u8): bool {
  return byte == RETURN;
}

/** Address of the first LF or CR in `[at, end)`, or `end`. Sixteen bytes at a time. */
export function findLineEnd(at: usize, end: usize): usize {
  const lineFeed = i8x16.splat(<i8>LINE_FEED);
  const carriage = i8x16.splat(<i8>RETURN);
  while (at + 16 <= end) {
    const chunk = v128.load(at);
    const hits = i8x16.bitmask(v128.or(i8x16.eq(chunk, lineFeed), i8x16.eq(chunk, carriage)));
    if (hits != 0) return at + <usize>ctz(hits);
    at += 16;
  }
  while (at < end) {
    const byte = load<u8>(at);
    if (byte == LINE_FEED || byte == RETURN) break;
    at++;
  }
  return at;
}
