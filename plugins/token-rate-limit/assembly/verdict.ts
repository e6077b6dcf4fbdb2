import { Builder, decimal } from "@ai-gateway-wasm/bytes";
import { appendShortHash, PluginLog } from "@ai-gateway-wasm/kit";
import { FailMode, StoreFailure, StoreReply } from "@ai-gateway-wasm/store";
import { LogLevel } from "proxy-wasm-as";
import { LimitConfig } from "./config";
import { Matched } from "./rules";

/** The request may go on. */
export const PASSES: i32 = -1;
/** The store does not answer, and `fail_mode` is closed. */
export const CLOSED: i32 = -2;

/**
 * What a reply of the store means: the place of the limit that denies, `PASSES` or `CLOSED`
 * (token-rate-limit.md 3.2).
 */
export function judge(
  config: LimitConfig,
  matched: Matched,
  reply: StoreReply,
  log: PluginLog,
): i32 {
  if (reply.hasFailed) {
    logFailure(reply, log);
    return config.store.failMode == FailMode.Closed ? CLOSED : PASSES;
  }
  if (reply.denied >= 0) return reply.denied;
  // A reservation that was made denies nothing, however full it made its limits.
  return config.metering.reservation.isOn ? PASSES : compare(config, matched, reply, log);
}

/** The first limit that is passed; the reply's own limit counts. */
function compare(config: LimitConfig, matched: Matched, reply: StoreReply, log: PluginLog): i32 {
  const states = reply.states;
  let isDamaged = false;
  for (let i = 0; i < states.length; i++) {
    const state = states[i];
    if (state.isReadable) {
      if (state.used > state.limit) return i;
      continue;
    }
    logDamage(matched, i, state.size, log);
    if (config.stopsAtDamage) return PASSES;
    isDamaged = true;
  }
  return isDamaged && config.store.failMode == FailMode.Closed ? CLOSED : PASSES;
}

/** The peer's line; where it hides the cause, one more. */
function logFailure(reply: StoreReply, log: PluginLog): void {
  const error = reply.error;
  if (error === null || !log.wants(LogLevel.Error)) return;
  const wasSent = reply.failure != StoreFailure.Dispatch && reply.failure != StoreFailure.Open;
  log.error(wasSent ? error : "redis call failed: " + reply.cause);
  if (wasSent && reply.cause != error) log.warn("the store: " + reply.cause);
}

/** The key may hold a credential, so the rule and a hash of the key have to do. */
function logDamage(matched: Matched, index: i32, size: i32, log: PluginLog): void {
  log.error("redis sub-array length mismatch: got " + decimal(size) + ", want 3");
  const line = new Builder().appendText("damaged counter: ").append(matched.limits[index].label);
  appendShortHash(line.appendText(", key "), matched.buckets[index].key);
  log.warn(line.view().toString());
}
