import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { CONNECT, NO_HOST, OVERFLOW, RESET, TIMEOUT } from "./reason";

const NO_HEALTHY_UPSTREAM: Slice = bytes("no_healthy_upstream");
const RESET_BEFORE: Slice = bytes("upstream_reset_before_response_started");
const CONNECTION_FAILURE: Slice = bytes("connection_failure");
const CONNECTION_TIMEOUT: Slice = bytes("connection_timeout");
const CLUSTER_NOT_FOUND: Slice = bytes("cluster_not_found");
const MAINTENANCE: Slice = bytes("maintenance_mode");
const TIMEOUTS: Slice[] = [
  bytes("response_timeout"),
  bytes("upstream_per_try_timeout"),
  bytes("upstream_response_timeout"),
  bytes("upstream_per_try_idle_timeout"),
  bytes("max_duration_timeout"),
  bytes("upstream_max_stream_duration_reached"),
];

/**
 * Why the router had to answer by itself, from its response code details (model-fallback.md 4.4);
 * null: it was not for its upstream.
 */
export function findRouterReason(details: Slice): Slice | null {
  if (details.startsWith(NO_HEALTHY_UPSTREAM)) return NO_HOST;
  if (details.equals(CLUSTER_NOT_FOUND) || details.equals(MAINTENANCE)) return NO_HOST;
  if (details.startsWith(RESET_BEFORE)) return reasonOfReset(details);
  for (let i = 0; i < TIMEOUTS.length; i++) {
    if (details.equals(TIMEOUTS[i])) return TIMEOUT;
  }
  return null;
}

/** `upstream_reset_before_response_started{connection_failure|…}` */
function reasonOfReset(details: Slice): Slice {
  if (details.find(OVERFLOW) >= 0) return OVERFLOW;
  const isConnect = details.find(CONNECTION_FAILURE) >= 0 || details.find(CONNECTION_TIMEOUT) >= 0;
  return isConnect ? CONNECT : RESET;
}
