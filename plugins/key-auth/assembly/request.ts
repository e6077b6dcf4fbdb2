import { bytes, equalsIgnoreCase, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { requestHeaders } from "proxy-wasm-as";
import { METHOD, UPGRADE } from "./names";

const WEBSOCKET: Slice = bytes("websocket");
const GET: Slice = bytes("GET");

// What the headers of the running request say about its kind.

/** The method; empty when there is none. */
export function requestMethod(): Slice {
  const method = requestHeaders.get(METHOD);
  return method === null ? NO_BYTES : method;
}

/** An upgrade by GET only (RFC 6455): a server may ignore it and read the body of a POST. */
export function isWebSocket(): bool {
  const upgrade = requestHeaders.get(UPGRADE);
  return upgrade !== null && equalsIgnoreCase(upgrade, WEBSOCKET) && requestMethod().equals(GET);
}
