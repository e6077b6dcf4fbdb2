import { Status } from "../abi/enums";
import { proxy_set_tick_period_milliseconds } from "../abi/imports";

/** Calls `onTick` of the running root about every `periodMs` milliseconds; 0 stops. */
export function setTickPeriod(periodMs: i32): Status {
  return proxy_set_tick_period_milliseconds(periodMs);
}
