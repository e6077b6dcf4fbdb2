import { Builder, encodeHex, Slice } from "@ai-gateway-wasm/bytes";

const DASH: u8 = 0x2d;

/** A UUID of version 8, ours to fill (RFC 9562 section 5.8). @param digest at least 16 bytes */
export function digestUuid(digest: Slice): Slice {
  const hex = encodeHex(digest.sub(0, 16));
  const variant = "89ab".charCodeAt((digest.at(8) >> 4) & 3);
  return new Builder(40)
    .append(hex.sub(0, 8))
    .appendByte(DASH)
    .append(hex.sub(8, 12))
    .appendText("-8")
    .append(hex.sub(13, 16))
    .appendByte(DASH)
    .appendByte(<u8>variant)
    .append(hex.sub(17, 20))
    .appendByte(DASH)
    .append(hex.sub(20, 32))
    .view();
}
