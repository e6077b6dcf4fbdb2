import { bytes, equalsIgnoreCase, Slice, trim } from "@ai-gateway-wasm/bytes";
import { requestHeaders } from "proxy-wasm-as";

const METHOD: Slice = bytes(":method");
const CONNECTION: Slice = bytes("connection");
const UPGRADE: Slice = bytes("upgrade");
const GET: Slice = bytes("GET");
const WEBSOCKET: Slice = bytes("websocket");
const COMMA: u8 = 0x2c;

/**
 * True when the running request is a handshake (RFC 6455 section 4.2.1): what follows is no body,
 * and has no end to wait for.
 */
export function isWebSocket(): bool {
  const method = requestHeaders.get(METHOD);
  if (method === null || !method.equals(GET)) return false;
  return isListed(UPGRADE, WEBSOCKET) && isListed(CONNECTION, UPGRADE);
}

/** True for an element of a list in a header, in any case: Firefox sends `keep-alive, Upgrade`. */
function isListed(header: Slice, token: Slice): bool {
  let list = requestHeaders.get(header);
  while (list !== null) {
    const comma = list.lastIndexOf(COMMA);
    if (equalsIgnoreCase(trim(list.sub(comma + 1)), token)) return true;
    list = comma < 0 ? null : list.sub(0, comma);
  }
  return false;
}
