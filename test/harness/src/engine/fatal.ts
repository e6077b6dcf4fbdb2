import type { Chain } from "./chain.js";
import type { Place } from "./environment.js";

/* Deferred actions that end the process of a real Envoy; `test/envoy/probe-crash.test.ts` lets it. */

/** S32: the filter manager goes on with response headers that are not there, a null pointer. */
export function resumesNothing(chain: Chain, place: Place): boolean {
  if (chain.finished || chain.encode.headers !== null) return false;
  const message = "continue_stream(1) before there is a response: Envoy crashes";
  chain.stream.env.violation("S32", message, place);
  return true;
}

/** S33: the trap has answered or reset the stream, and the action is for one that is gone. */
export function actsAfterTrap(chain: Chain, what: string, place: Place): void {
  const message = `${what}, and then a trap in the same callback: Envoy crashes`;
  chain.stream.env.violation("S33", message, place);
}
