import { wallClockNs } from "proxy-wasm-as";

/** Milliseconds since 1970. */
export function nowMs(): i64 {
  return <i64>(wallClockNs() / 1000000);
}
