import { appendHex, Builder, Slice } from "@ai-gateway-wasm/bytes";

/** Before the digits. */
const TILDE: u8 = 0x7e;

/**
 * Appends `~` and the 32-bit FNV-1a hash of a text, 8 hexadecimal digits: enough to tell long names
 * apart and to find one again among known ones, no more.
 */
export function appendShortHash(out: Builder, text: Slice): void {
  let hash: u32 = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = (hash ^ (<u32>text.at(i))) * 0x01000193;
  out.appendByte(TILDE);
  appendHex(out, hash, 8);
}
