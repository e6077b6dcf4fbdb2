import { Slice } from "@ai-gateway-wasm/bytes";
import { Status } from "../abi/enums";
import { proxy_get_upstream_hosts, proxy_set_upstream_override_host } from "../abi/imports-higress";
import { clearOut, OUT_PTR, OUT_SIZE, takeBytes } from "../memory/out";
import { Pairs } from "../memory/pairs";

/** Hosts of the route's cluster: address and a text of metrics. Higress build only. */
export function upstreamHosts(): Pairs {
  clearOut();
  proxy_get_upstream_hosts(OUT_PTR, OUT_SIZE);
  return new Pairs(takeBytes());
}

/** Sends the request to this host. The request headers must still be held. Higress build only. */
export function overrideUpstreamHost(address: Slice): Status {
  return proxy_set_upstream_override_host(address.ptr, address.length);
}
