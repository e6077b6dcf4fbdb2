import { Slice } from "@ai-gateway-wasm/bytes";
import { random_get } from "../abi/imports";
import { OUT_LONG } from "../memory/out";

/** 64 random bits from the host; 0 when it refused. */
export function randomU64(): u64 {
  store<u64>(OUT_LONG, 0);
  return random_get(OUT_LONG, 8) == 0 ? load<u64>(OUT_LONG) : 0;
}

/** `length` random bytes (at most 65536) in memory of their own, or null. */
export function randomBytes(length: i32): Slice | null {
  const data = new StaticArray<u8>(max(0, min(length, 65536)));
  return random_get(changetype<usize>(data), data.length) == 0 ? Slice.of(data) : null;
}
