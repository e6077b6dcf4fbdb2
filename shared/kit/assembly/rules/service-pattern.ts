import { Slice } from "@ai-gateway-wasm/bytes";

const PIPE: u8 = 0x7c;

/**
 * True when a `_match_service_` entry names this cluster (host.md 2.6). Istio's cluster names are
 * `direction|port|subset|fqdn`, matched by `fqdn` or `fqdn:port`; any other name is plain Envoy's
 * and must be equal as a whole.
 */
export function matchesService(pattern: Slice, cluster: Slice): bool {
  const first = cluster.indexOf(PIPE);
  const second = first < 0 ? -1 : cluster.indexOf(PIPE, first + 1);
  const third = second < 0 ? -1 : cluster.indexOf(PIPE, second + 1);
  if (third < 0 || cluster.indexOf(PIPE, third + 1) >= 0) return pattern.equals(cluster);
  const port = cluster.sub(first + 1, second);
  const name = cluster.sub(third + 1);
  if (pattern.equals(name)) return true; // some registries have names with a colon
  const colon = pattern.lastIndexOf(0x3a);
  if (colon < 0) return false;
  return pattern.sub(0, colon).equals(name) && pattern.sub(colon + 1).equals(port);
}
