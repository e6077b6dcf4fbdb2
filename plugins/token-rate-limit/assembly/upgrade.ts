import { bytes, equalsIgnoreCase, Slice } from "@ai-gateway-wasm/bytes";
import { requestHeaders } from "proxy-wasm-as";
import { CONNECTION, UPGRADE } from "./names";

const WEBSOCKET: Slice = bytes("websocket");

/** An upgrade: what follows is no HTTP body. */
export function isWebSocket(): bool {
  const upgrade = requestHeaders.get(UPGRADE);
  if (upgrade === null || !equalsIgnoreCase(upgrade, WEBSOCKET)) return false;
  const connection = requestHeaders.get(CONNECTION);
  return connection !== null && equalsIgnoreCase(connection, UPGRADE);
}
