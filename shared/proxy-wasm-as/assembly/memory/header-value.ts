import { Slice } from "@ai-gateway-wasm/bytes";

/** True when `value` may stand in a header: no CR, LF or NUL (RFC 9110 section 5.5). */
export function isHeaderValue(value: Slice): bool {
  for (let i = 0; i < value.length; i++) {
    const byte = load<u8>(value.ptr + <usize>i);
    if (byte == 0x0d || byte == 0x0a || byte == 0) return false;
  }
  return true;
}

/** True when `name` may stand in a header: not empty, no blank and no control character. */
export function isHeaderName(name: Slice): bool {
  for (let i = 0; i < name.length; i++) {
    const byte = load<u8>(name.ptr + <usize>i);
    if (byte <= 0x20 || byte == 0x7f) return false;
  }
  return !name.isEmpty;
}
