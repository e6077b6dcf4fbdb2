import { Slice } from "./slice";

/**
 * Equality in time that depends on the lengths only, never on where the bytes differ. For secrets
 * and their digests.
 */
export function equalsConstantTime(left: Slice, right: Slice): bool {
  if (left.length != right.length) return false;
  let difference: u32 = 0;
  for (let i = 0; i < left.length; i++) {
    difference |= <u32>(load<u8>(left.ptr + <usize>i) ^ load<u8>(right.ptr + <usize>i));
  }
  return difference == 0;
}
