import { hexValue } from "./hex";
import { Slice } from "./slice";

/**
 * `text` with each `%xx` replaced by its byte (RFC 3986 section 2.1), once. The same slice when
 * there is nothing to decode; null when a `%` is not followed by two hexadecimal digits.
 *
 * @param plusIsSpace true for form encoding (application/x-www-form-urlencoded)
 * @param isLenient true: such a `%` stays as it is
 */
export function decodePercent(
  text: Slice,
  plusIsSpace: bool = false,
  isLenient: bool = false,
): Slice | null {
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
      const escaped = escapedByte(text, i);
      if (escaped >= 0) {
        byte = escaped;
        i += 2;
      } else if (!isLenient) {
        return null;
      }
    } else if (plusIsSpace && byte == 0x2b) {
      byte = 0x20;
    }
    out[written++] = <u8>byte;
  }
  return Slice.of(out).sub(0, written);
}

/** Like `decodePercent`, but a `%` without two hexadecimal digits stays as it is. */
export function decodePercentLeniently(text: Slice): Slice {
  const decoded = decodePercent(text, false, true);
  return decoded === null ? text : decoded;
}

/** What the escape at the `%` at `at` stands for, or -1: it is none. */
export function escapedByte(text: Slice, at: i32): i32 {
  const high = hexValue(text.at(at + 1));
  const low = hexValue(text.at(at + 2));
  return high < 0 || low < 0 ? -1 : (high << 4) | low;
}
