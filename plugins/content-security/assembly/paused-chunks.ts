import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { hasForeign } from "proxy-wasm-as";

/** Younger than what hides chunks. */
const YOUNGER: Slice = bytes("set_envoy_filter_state");

/**
 * True where a filter is shown the chunk that comes to a body it has paused. Higress 2.1 hides it, as
 * Envoy did before 1.33 (envoyproxy/envoy#36411): it would pass unjudged. Costs a host call there.
 */
export function showsPausedChunks(): bool {
  return !isDefined(HIGRESS) || hasForeign(YOUNGER);
}
