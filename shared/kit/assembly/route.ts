import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { callForeign, getProperty, setProperty } from "proxy-wasm-as";
import { ROUTE_NAME } from "./rules/request-facts";

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
 * The same from here on, for a request whose headers were edited before: Higress chooses a dropped
 * route when somebody asks for its name, so those edits count for the route and later ones do not.
 */
export function settleRoute(): void {
  if (!isDefined(HIGRESS)) return;
  getProperty(ROUTE_NAME);
  keepRoute();
}

/**
 * Has the host choose the running request's route again, after edits of its headers (host.md 5.3).
 * Gateways that lack the function choose again by themselves.
 */
export function chooseRouteAgain(): void {
  callForeign(CLEAR_ROUTE_CACHE);
}
