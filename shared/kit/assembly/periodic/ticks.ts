import { setTickPeriod, Status } from "proxy-wasm-as";
import { PluginLog } from "../log";

/**
 * Asks the host for ticks of the running root, or with 0 for none. For `complete`: where it answers
 * false, nothing will ever be due, and the configuration is to be refused (host.md 2.3).
 */
export function startTicks(log: PluginLog, periodMs: i32): bool {
  if (setTickPeriod(periodMs) == Status.Ok) return true;
  log.error("SetTickPeriodMilliSeconds failed, onTick functions will not take effect.");
  return false;
}
