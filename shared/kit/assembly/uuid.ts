import { Builder, encodeHex, Slice } from "@ai-gateway-wasm/bytes";

const DASH: u8 = 0x2d;
const ZERO: u8 = 0x30;

/**
 * A UUID as text (RFC 9562).
 *
 * @param bytes at least 16; six bits of them give way to version and variant
 * @param version 4: the bytes are random, 8: ours to fill
 */
export function uuidOf(bytes: Slice, version: u8): Slice {
  const hex = encodeHex(bytes.sub(0, 16));
  const variant = "89ab".charCodeAt((bytes.at(8) >> 4) & 3);
  return new Builder(40)
    .append(hex.sub(0, 8))
    .appendByte(DASH)
    .append(hex.sub(8, 12))
    .appendByte(DASH)
    .appendByte(ZERO + version)
    .append(hex.sub(13, 16))
    .appendByte(DASH)
    .appendByte(<u8>variant)
    .append(hex.sub(17, 20))
    .appendByte(DASH)
    .append(hex.sub(20, 32))
    .view();
}
