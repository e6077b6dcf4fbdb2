import { Builder } from "@ai-gateway-wasm/bytes";

/** Appends a number as `load<i64>` reads it: eight bytes, the lowest first. */
export function appendLong(out: Builder, value: i64): void {
  for (let shift: i64 = 0; shift < 64; shift += 8) out.appendByte(<u8>(value >> shift));
}
