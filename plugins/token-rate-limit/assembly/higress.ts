import { requestHeaders, setProperty } from "proxy-wasm-as";
import { CLEAR_ROUTE_CACHE, OFF, REQUEST_ID, REQUEST_ID_PROPERTY } from "./names";

/**
 * What Higress is told about each request (token-rate-limit.md 3.1): its id, for the log lines of
 * later callbacks, and that edits of its headers change no route. Other hosts do not know these.
 */
export function tellHost(): void {
  const id = requestHeaders.get(REQUEST_ID);
  if (id !== null && !id.isEmpty) setProperty(REQUEST_ID_PROPERTY, id);
  setProperty(CLEAR_ROUTE_CACHE, OFF);
}
