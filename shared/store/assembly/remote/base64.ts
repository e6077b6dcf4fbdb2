import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";

const ALPHABET: Slice = bytes("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

/** Base64 with padding (RFC 4648 section 4). */
export function encodeBase64(data: Slice): Slice {
  const out = new Builder(((data.length + 2) / 3) * 4);
  for (let at = 0; at < data.length; at += 3) {
    // Bytes behind the end count as zero.
    const second = max(0, data.at(at + 1));
    const third = max(0, data.at(at + 2));
    const group = (data.at(at) << 16) | (second << 8) | third;
    for (let place = 0; place < 4; place++) {
      const isPadding = at + place > data.length;
      const letter = ALPHABET.at((group >> (18 - 6 * place)) & 63);
      out.appendByte(isPadding ? 0x3d : <u8>letter);
    }
  }
  return out.view();
}
