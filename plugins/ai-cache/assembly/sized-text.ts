import { Builder, Slice } from "@ai-gateway-wasm/bytes";

/** Appends `<length>:<bytes>`, so that no text can pass for two. */
export function appendSized(out: Builder, part: Slice): void {
  out.appendInteger(part.length).appendByte(0x3a).append(part);
}
