import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";

/** What stands for the middle. */
export const TRUNCATED: Slice = bytes(" [truncated] ");
/** Bytes of why a model stopped, which is a word. */
export const MOST_REASON: i32 = 128;

/** A text of more than `limit` bytes loses its middle; no character is cut in two. */
export function cut(text: Slice, limit: i32): Slice {
  if (text.length <= limit) return text;
  const half = limit >> 1;
  return join(text.sub(0, half), text.sub(text.length - half));
}

/** The two ends of a text that lost its middle. */
export function join(head: Slice, tail: Slice): Slice {
  const out = new Builder(head.length + tail.length + TRUNCATED.length);
  out.append(head.sub(0, wholeEnd(head)));
  return out
    .append(TRUNCATED)
    .append(tail.sub(wholeStart(tail)))
    .view();
}

/** How many bytes at the beginning end with a whole character. */
export function wholeEnd(text: Slice): i32 {
  let start = text.length;
  for (let back = 0; back < 4 && start > 0; back++) {
    const byte = text.at(--start);
    if ((byte & 0xc0) == 0x80) continue;
    const length = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return start + length <= text.length ? text.length : start;
  }
  return text.length;
}

/** Where the first whole character begins. */
function wholeStart(text: Slice): i32 {
  let at = 0;
  while (at < 3 && (text.at(at) & 0xc0) == 0x80) at++;
  return at;
}
