/** How many bytes the UTF-8 form of `text` has. */
export function utf8Length(text: string): i32 {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    if (unitAt(text, i) < 0x80) continue;
    const point = text.codePointAt(i);
    // The second half of a pair counts as three, so the first one counts as one.
    length += point < 0x800 ? 1 : point < 0x10000 ? 2 : 0;
  }
  return length;
}

/** Writes the UTF-8 form of `text`; half a pair is written as if it were a character. */
export function encodeUtf8(text: string, to: usize): void {
  for (let i = 0; i < text.length; i++) {
    const unit = unitAt(text, i);
    if (unit < 0x80) {
      store<u8>(to++, <u8>unit);
      continue;
    }
    const point = text.codePointAt(i);
    if (point >= 0x10000) i++;
    to = putCodePoint(point, to);
  }
}

function unitAt(text: string, index: i32): u32 {
  return load<u16>(changetype<usize>(text) + ((<usize>index) << 1));
}

/** Writes one code point as UTF-8, and answers where it ends. */
export function putCodePoint(point: u32, to: usize): usize {
  if (point < 0x80) {
    store<u8>(to, <u8>point);
    return to + 1;
  }
  const missing = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
  let shift = missing * 6;
  store<u8>(to++, <u8>((0xff80 >> missing) | (point >> shift)));
  while (shift > 0) {
    shift -= 6;
    store<u8>(to++, <u8>(0x80 | ((point >> shift) & 0x3f)));
  }
  return to;
}

/** What stands for bytes that are no UTF-8. */
const REPLACEMENT: u32 = 0xfffd;

/**
 * The bytes as text. Each maximal piece of a sequence that is not UTF-8 becomes one U+FFFD, as
 * browsers do it (WHATWG Encoding, section 8.1.1). The standard library's decoder does not look:
 * it reads `C0 8A` as a line break, which would let a client break a log line in two.
 */
export function decodeUtf8(ptr: usize, length: i32): string {
  // No sequence is longer in UTF-16 units than in bytes.
  const units = new StaticArray<u16>(length);
  const start = changetype<usize>(units);
  let to = start;
  let at = ptr;
  const end = ptr + <usize>length;
  while (at < end) {
    const lead = <u32>load<u8>(at++);
    if (lead < 0x80) {
      store<u16>(to, <u16>lead);
      to += 2;
      continue;
    }
    let missing = lead < 0xc2 || lead > 0xf4 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : 3;
    let code = missing == 0 ? REPLACEMENT : lead & (0x3f >> missing);
    // The second byte has a narrower range after these: overlong forms, surrogates, too large.
    let low: u32 = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    let high: u32 = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    while (missing > 0 && at < end) {
      const next = <u32>load<u8>(at);
      if (next < low || next > high) break;
      code = (code << 6) | (next & 0x3f);
      low = 0x80;
      high = 0xbf;
      missing--;
      at++;
    }
    if (missing > 0) code = REPLACEMENT;
    if (code >= 0x10000) {
      code -= 0x10000;
      store<u16>(to, <u16>(0xd800 | (code >> 10)));
      to += 2;
      code = 0xdc00 | (code & 0x3ff);
    }
    store<u16>(to, <u16>code);
    to += 2;
  }
  return String.UTF16.decodeUnsafe(start, to - start);
}
