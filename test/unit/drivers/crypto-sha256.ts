import { Sha256 } from "@ai-gateway-wasm/crypto";

// A module that uses SHA-256 only, through the package's index: what a plugin pays for it.
const HASH = new Sha256();

export function update(ptr: usize, length: i32): void {
  HASH.updateRaw(ptr, length);
}

export function finish(out: usize): void {
  HASH.finishInto(out);
}
