import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { getProperty } from "proxy-wasm-as";
import { Errors, LocalReplies } from "./errors";
import { RESPONSE_DETAILS } from "./names";
import { statusReason, TIMEOUT } from "./reason";
import { findRouterReason } from "./router-details";

export const VIA_UPSTREAM: Slice = bytes("via_upstream");
/** Also for a client that falls silent; but the request was complete before it was sent on. */
const STREAM_IDLE: Slice = bytes("stream_idle_timeout");

/** Who answered: an upstream, or the gateway itself. */
export function responseDetails(): Slice {
  const found = getProperty(RESPONSE_DETAILS);
  return found === null || found.isEmpty ? VIA_UPSTREAM : found;
}

/**
 * Why the running response is a failure by its status, or by what the gateway says of it; null: it is
 * none, or its body decides.
 *
 * @param details whose response it is
 * @param mayIdle a stream that the gateway gave up for its silence is one
 */
export function findFirstFailure(
  errors: Errors,
  status: i32,
  details: Slice,
  mayIdle: bool,
): Slice | null {
  if (details.equals(VIA_UPSTREAM)) return errors.isFailure(status) ? statusReason(status) : null;
  if (errors.localReplies == LocalReplies.None) return null;
  const reason = mayIdle && details.equals(STREAM_IDLE) ? TIMEOUT : findRouterReason(details);
  if (reason !== null) return errors.countsReason(reason) ? reason : null;
  const counts = errors.localReplies == LocalReplies.All && errors.isFailure(status);
  return counts ? statusReason(status) : null;
}
