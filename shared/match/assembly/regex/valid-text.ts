import { Builder, Slice } from "@ai-gateway-wasm/bytes";

/**
 * The text as Go's regexp reads it: each byte that belongs to no UTF-8 sequence is U+FFFD. The same
 * slice when nothing is wrong with it.
 */
export function validText(text: Slice): Slice {
  let at = 0;
  while (at < text.length) {
    const width = sequenceAt(text, at);
    if (width == 0) return repaired(text, at);
    at += width;
  }
  return text;
}

/** @param from position of the first byte that is wrong */
function repaired(text: Slice, from: i32): Slice {
  const valid = new Builder(text.length + 16).append(text.sub(0, from));
  let at = from;
  while (at < text.length) {
    const width = sequenceAt(text, at);
    if (width == 0) {
      valid.appendByte(0xef).appendByte(0xbf).appendByte(0xbd);
      at++;
    } else {
      valid.append(text.sub(at, at + width));
      at += width;
    }
  }
  return valid.view();
}

/** Bytes of the UTF-8 sequence at a position (RFC 3629 section 4); 0 when there is none. */
export function sequenceAt(text: Slice, at: i32): i32 {
  const lead = text.at(at);
  if (lead < 0x80) return 1;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const width = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
  const highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
  const second = text.at(at + 1);
  if (second < lowest || second > highest) return 0;
  for (let i = 2; i < width; i++) {
    if ((text.at(at + i) & ~0x3f) != 0x80) return 0;
  }
  return width;
}
