import { equalsIgnoreCase, lowerCase, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { isEncoded } from "@ai-gateway-wasm/kit";
import { requestHeaders } from "proxy-wasm-as";
import { CONTENT_TYPE, JSON_TYPE, PATH, UPGRADE } from "./names";
import { PathFilter } from "./path-filter";

const WEBSOCKET: Slice = bytes("websocket");

/** The running request has a JSON body of an API that is watched. `load` its headers before. */
export function isWatched(paths: PathFilter): bool {
  const path = requestHeaders.get(PATH);
  if (path === null || !paths.holds(path)) return false;
  const type = requestHeaders.get(CONTENT_TYPE);
  if (type === null || lowerCase(type).find(JSON_TYPE) < 0) return false;
  const upgrade = requestHeaders.get(UPGRADE);
  if (upgrade !== null && equalsIgnoreCase(upgrade, WEBSOCKET)) return false;
  return !isEncoded(requestHeaders);
}
