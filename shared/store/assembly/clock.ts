import { wallClockNs } from "proxy-wasm-as";

/** The gateway's clock in milliseconds since 1970. */
export function wallClockMs(): i64 {
  return <i64>(wallClockNs() / 1000000);
}
