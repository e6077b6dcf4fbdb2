import { hexValue } from "./hex";
import { Slice } from "./slice";

/**
 * `text` with each `%xx` replaced by its byte (RFC 3986 section 2.1), once. The same slice when
 * there is nothing to decode; null when a `%` is not followed by two hexadecimal digits.
 *
 * @param plusIsSpace true for form encoding (application/x-www-form-urlencoded)
 */
export function decodePercent(text: Slice, plusIsSpace: bool = false): Slice | null {
  let plain = 0;
  while (plain < text.length) {
    const byte = text.at(plain);
    if (byte == 0x25 || (plusIsSpace && byte == 0x2b)) break;
    plain++;
  }
  if (plain == text.length) return text;
  const out = new StaticArray<u8>(text.length);
  memory.copy(changetype<usize>(out), text.ptr, plain);
  let written = plain;
  for (let i = plain; i < text.length; i++) {
    let byte = text.at(i);
    if (byte == 0x25) {
      const high = hexValue(text.at(i + 1));
      const low = hexValue(text.at(i + 2));
      if (high < 0 || low < 0) return null;
      byte = (high << 4) | low;
      i += 2;
    } else if (plusIsSpace && byte == 0x2b) {
      byte = 0x20;
    }
    out[written++] = <u8>byte;
  }
  return Slice.of(out).sub(0, written);
}

/**
 * Like `decodePercent`, but a `%` without two hexadecimal digits stays as it is. The same slice when
 * there is no `%`.
 */
export function decodePercentLeniently(text: Slice): Slice {
  if (text.indexOf(0x25) < 0) return text;
  const out = new StaticArray<u8>(text.length);
  let written = 0;
  for (let i = 0; i < text.length; i++) {
    let byte = text.at(i);
    const high = byte == 0x25 ? hexValue(text.at(i + 1)) : -1;
    const low = high >= 0 ? hexValue(text.at(i + 2)) : -1;
    if (low >= 0) {
      byte = (high << 4) | low;
      i += 2;
    }
    out[written++] = <u8>byte;
  }
  return Slice.of(out).sub(0, written);
}
