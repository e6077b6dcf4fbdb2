import { bytes, equalsIgnoreCase, Slice } from "@ai-gateway-wasm/bytes";
import { requestHeaders } from "proxy-wasm-as";

const METHOD: Slice = bytes(":method");
const CONNECTION: Slice = bytes("connection");
const UPGRADE: Slice = bytes("upgrade");
const GET: Slice = bytes("GET");
const WEBSOCKET: Slice = bytes("websocket");

/**
 * True when the running request is a handshake (RFC 6455 section 4.1): what follows is no body, and
 * has no end to wait for.
 */
export function isWebSocket(): bool {
  const method = requestHeaders.get(METHOD);
  if (method === null || !method.equals(GET)) return false;
  const upgrade = requestHeaders.get(UPGRADE);
  if (upgrade === null || !equalsIgnoreCase(upgrade, WEBSOCKET)) return false;
  const connection = requestHeaders.get(CONNECTION);
  return connection !== null && equalsIgnoreCase(connection, UPGRADE);
}
