import { Slice } from "@ai-gateway-wasm/bytes";

/** The longest name that is worth a header. */
const LONGEST: i32 = 256;

/**
 * True for a name that may stand in a header: no control character, at most 256 bytes. Envoy takes
 * a name with a line break and answers 503 later (model-router contract 5).
 */
export function isHeaderSafe(name: Slice): bool {
  if (name.length > LONGEST) return false;
  for (let i = 0; i < name.length; i++) {
    const byte = name.at(i);
    if (byte < 0x20 || byte == 0x7f) return false;
  }
  return true;
}
