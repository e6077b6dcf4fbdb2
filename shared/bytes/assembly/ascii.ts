import { Slice } from "./slice";

/** What `parseInteger` answers for text that is not a decimal integer of at most 18 digits. */
export const NOT_AN_INTEGER: i64 = i64.MIN_VALUE;

// @ts-expect-error: decorator
@inline
function lower(byte: u8): u8 {
  return byte - 0x41 < 26 ? byte | 0x20 : byte;
}

/** Equality that ignores the case of ASCII letters. */
export function equalsIgnoreCase(left: Slice, right: Slice): bool {
  return left.length == right.length && startsWithIgnoreCase(left, right);
}

/** True when the text begins with the prefix, whatever the case of ASCII letters. */
export function startsWithIgnoreCase(text: Slice, prefix: Slice): bool {
  if (text.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) {
    const a = load<u8>(text.ptr + <usize>i);
    const b = load<u8>(prefix.ptr + <usize>i);
    if (lower(a) != lower(b)) return false;
  }
  return true;
}

/** The text with ASCII letters in lower case; the same slice when there is nothing to change. */
export function lowerCase(text: Slice): Slice {
  let first = 0;
  while (first < text.length && load<u8>(text.ptr + <usize>first) - 0x41 >= 26) first++;
  if (first == text.length) return text;
  const copy = text.copy();
  for (let i = first; i < copy.length; i++) {
    const at = copy.ptr + <usize>i;
    store<u8>(at, lower(load<u8>(at)));
  }
  return copy;
}

// @ts-expect-error: decorator
@inline
function isBlank(byte: i32): bool {
  return byte == 0x20 || (byte >= 0x09 && byte <= 0x0d);
}

/** The text without ASCII white space at both ends. Shares memory. */
export function trim(text: Slice): Slice {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.at(start))) start++;
  while (end > start && isBlank(text.at(end - 1))) end--;
  return text.sub(start, end);
}

/** A decimal integer with an optional sign, no blanks; `NOT_AN_INTEGER` otherwise. */
export function parseInteger(text: Slice): i64 {
  let i = text.at(0) == 0x2d || text.at(0) == 0x2b ? 1 : 0;
  const digits = text.length - i;
  if (digits < 1 || digits > 18) return NOT_AN_INTEGER;
  let value: i64 = 0;
  for (; i < text.length; i++) {
    const digit = text.at(i) - 0x30;
    if (<u32>digit > 9) return NOT_AN_INTEGER;
    value = value * 10 + digit;
  }
  return text.at(0) == 0x2d ? -value : value;
}
