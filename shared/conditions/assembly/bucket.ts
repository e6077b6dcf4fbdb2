import { Slice } from "@ai-gateway-wasm/bytes";
import { sha256Once } from "@ai-gateway-wasm/crypto";

/**
 * Which of `count` buckets a value falls into: the first 8 bytes of its SHA-256, big endian, modulo
 * `count` (model-router.md 3.3 and 3.7). The same everywhere and for ever, and without a pattern.
 */
export function bucketOf(value: Slice, count: u64): i32 {
  return <i32>(hashOf(value) % count);
}

/** The first 8 bytes of a value's SHA-256, big endian. */
export function hashOf(value: Slice): u64 {
  return bswap(load<u64>(sha256Once(value).ptr));
}
