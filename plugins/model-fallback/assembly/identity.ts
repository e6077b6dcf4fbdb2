import { Slice } from "@ai-gateway-wasm/bytes";
import { getProperty } from "proxy-wasm-as";
import { FallbackConfig, findTarget } from "./config";
import { UPSTREAM_ADDRESS, XDS_CLUSTER_NAME } from "./names";
import { Target } from "./target";

/**
 * The target that the running attempt goes to, or null: nobody knows. The metadata of the endpoint
 * says it; in a composite or aggregate cluster nothing else does for sure, because the cluster's
 * name is that of the outer one (model-fallback.md 7.2, no. 5).
 *
 * @param expected names in the order of attempts
 * @param index how many attempts were made before
 */
export function identify(config: FallbackConfig, expected: Slice[], index: i32): Target | null {
  const targets = config.targets;
  if (targets.length == 1 && expected.length == 1) return targets[0]; // whatever the endpoint says
  const name = getProperty(config.targetProperty);
  const named = name !== null ? findTarget(targets, name) : null;
  if (named !== null) return named;
  const placed = findByPlace(targets);
  if (placed !== null) return placed;
  return index < expected.length ? findTarget(targets, expected[index]) : null;
}

/** The target with the cluster, or the address, of the attempt; null: none. */
function findByPlace(targets: Target[]): Target | null {
  const cluster = getProperty(XDS_CLUSTER_NAME);
  for (let i = 0; i < targets.length; i++) {
    if (cluster !== null && !cluster.isEmpty && targets[i].cluster.equals(cluster))
      return targets[i];
  }
  const address = getProperty(UPSTREAM_ADDRESS); // only now: it costs 1 µs
  for (let i = 0; i < targets.length; i++) {
    if (address !== null && !address.isEmpty && targets[i].address.equals(address))
      return targets[i];
  }
  return null;
}
