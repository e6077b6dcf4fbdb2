import { clock_time_get } from "../abi/imports";
import { OUT_LONG } from "../memory/out";

/** Wall clock in nanoseconds since 1970, or 0 when the host has none. */
export function wallClockNs(): u64 {
  return read(0);
}

/** Wall clock in seconds since 1970, or 0 when the host has none. */
export function wallClockSeconds(): i64 {
  return <i64>(read(0) / 1000000000);
}

/** A clock in nanoseconds that never goes back; only differences mean something. */
export function monotonicNs(): u64 {
  return read(1);
}

function read(clock: i32): u64 {
  store<u64>(OUT_LONG, 0);
  return clock_time_get(clock, 1, OUT_LONG) == 0 ? load<u64>(OUT_LONG) : 0;
}
