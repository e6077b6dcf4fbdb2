import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { callForeign, setProperty } from "proxy-wasm-as";

const CLEAR_ROUTE_CACHE: Slice = bytes("clear_route_cache");
const OFF: Slice = bytes("off");

/**
 * Keeps the running request on its route although its headers are edited afterwards (host.md 5.3).
 * Holds for the rest of the stream. Plain Envoy knows no such switch: nothing happens there, and
 * edits must stay off headers that its routes match on.
 */
export function keepRoute(): void {
  if (isDefined(HIGRESS)) setProperty(CLEAR_ROUTE_CACHE, OFF);
}

/**
 * Has the host choose the running request's route again, after edits of its headers (host.md 5.3).
 * Gateways that lack the function choose again by themselves.
 */
export function chooseRouteAgain(): void {
  callForeign(CLEAR_ROUTE_CACHE);
}
