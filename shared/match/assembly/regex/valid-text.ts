import { Builder, sequenceLength, Slice, validUtf8 } from "@ai-gateway-wasm/bytes";

/**
 * The text as Go's regexp reads it: each byte that belongs to no UTF-8 sequence is U+FFFD. The same
 * slice when nothing is wrong with it.
 */
export function validText(text: Slice): Slice {
  const valid = validUtf8(text);
  return valid == text.length ? text : repaired(text, valid);
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

/** Bytes of the UTF-8 sequence at a position; 0 when there is none. */
export function sequenceAt(text: Slice, at: i32): i32 {
  return sequenceLength(text.ptr + <usize>at, text.ptr + <usize>text.length);
}
