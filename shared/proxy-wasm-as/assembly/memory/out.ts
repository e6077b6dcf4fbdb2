import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

// Cells that the host writes results to. They are cleared before each call: some hosts leave them
// untouched when a result is empty (harness.md 7, proxytest).
const cells: usize = memory.data(24, 8);

/** Address for a result pointer. */
export const OUT_PTR: usize = cells;
/** Address for a result size. */
export const OUT_SIZE: usize = cells + 4;
/** Address for a 32-bit number: token, CAS, id, level. */
export const OUT_NUMBER: usize = cells + 8;
/** Address for a 64-bit number: time, metric value. */
export const OUT_LONG: usize = cells + 16;

/** Clears pointer, size and number. Call before every host call that has results. */
export function clearOut(): void {
  store<u64>(cells, 0);
  store<u32>(cells, 0, 8);
}

/** The bytes the host put into the arena for the last call. */
export function takeBytes(): Slice {
  const size = load<i32>(OUT_SIZE);
  return size > 0 ? new Slice(load<usize>(OUT_PTR), size) : NO_BYTES;
}

/** The 32-bit number of the last call. */
export function takeNumber(): u32 {
  return load<u32>(OUT_NUMBER);
}
