import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { getProperty, requestHeaders } from "proxy-wasm-as";
import { hostOf } from "./host-pattern";

const AUTHORITY: Slice = bytes(":authority");
// Property paths: segments joined by NUL (host.md 5.1).
export const ROUTE_NAME: Slice = bytes("route_name");
const XDS_ROUTE_NAME: Slice = bytes("xds\u0000route_name");
const CLUSTER_NAME: Slice = bytes("cluster_name");
const XDS_CLUSTER_NAME: Slice = bytes("xds\u0000cluster_name");

/** What rules are matched against. Each fact is a host call and is asked for once, when needed. */
@final
export class RequestFacts {
  private hostText: Slice | null = null;
  private routeText: Slice | null = null;
  private clusterText: Slice | null = null;

  /** `:authority` without port, in lower case; empty when the request has none. */
  get host(): Slice {
    const known = this.hostText;
    if (known !== null) return known;
    requestHeaders.load(); // a plugin that has rules reads more headers than this one
    const authority = requestHeaders.get(AUTHORITY);
    const host = authority === null ? NO_BYTES : hostOf(authority);
    this.hostText = host;
    return host;
  }

  /** Name of the route, empty when it has none. */
  get route(): Slice {
    const known = this.routeText;
    if (known !== null) return known;
    const route = firstProperty(ROUTE_NAME, XDS_ROUTE_NAME);
    this.routeText = route;
    return route;
  }

  /** Name of the cluster, empty when there is none yet. */
  get cluster(): Slice {
    const known = this.clusterText;
    if (known !== null) return known;
    const cluster = clusterName();
    this.clusterText = cluster;
    return cluster;
  }
}

/** Name of the running request's cluster in the callback arena, empty when there is none yet. */
export function clusterName(): Slice {
  return firstProperty(CLUSTER_NAME, XDS_CLUSTER_NAME);
}

/**
 * Higress has the short name and may answer stale below `xds`; Envoy since 1.33 has only the latter
 * (host.md 5.1). Each build asks first what its host knows: a property costs 1 µs.
 */
function firstProperty(name: Slice, xdsName: Slice): Slice {
  let value = getProperty(isDefined(HIGRESS) ? name : xdsName);
  if (value === null) value = getProperty(isDefined(HIGRESS) ? xdsName : name);
  return value === null ? NO_BYTES : value;
}
