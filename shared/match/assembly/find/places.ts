import { Slice } from "@ai-gateway-wasm/bytes";
import { Place } from "../regex/ast";
import { isDigit, isWordByte } from "../regex/byte-classes";

/** Which assertions hold before the byte at a position, as bits of `Place`. */
export function placesAt(text: Slice, at: i32): i32 {
  const next = text.at(at);
  if (isContinuation(next)) return 0;
  const before = text.at(at - 1);
  const isBorder = isWord(before) != isWord(next);
  let places: i32 = isBorder ? Place.WordBorder : Place.NoWordBorder;
  if (!isDigit(before)) places |= Place.NotAfterDigit;
  if (!isDigit(next)) places |= Place.NotBeforeDigit;
  if (before < 0) places |= Place.TextStart | Place.LineStart;
  if (before == 0x0a) places |= Place.LineStart;
  if (next == 0x0a) places |= Place.LineEnd;
  if (next < 0) places |= Place.TextEnd | Place.LineEnd;
  return places;
}

/** True for a byte that goes on with a character. */
export function isContinuation(byte: i32): bool {
  return byte >= 0 && (byte & ~0x3f) == 0x80;
}

function isWord(byte: i32): bool {
  return byte >= 0 && isWordByte(byte);
}
