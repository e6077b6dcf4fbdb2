import { bytes, lowerCase, Slice } from "@ai-gateway-wasm/bytes";
import { isUnreadable, isWebSocket } from "@ai-gateway-wasm/kit";
import { requestHeaders } from "proxy-wasm-as";
import { CacheControl } from "./cache-control";
import { CacheConfig } from "./config/config";
import { elementsOf } from "./header-list";
import { CACHE_CONTROL, CONTENT_TYPE, SKIP_HEADER } from "./names";

// What the headers of a request say about the cache; to be asked in their callback.

const ON: Slice = bytes("on");
const JSON: Slice = bytes("application/json");

/** The client wants no cache. */
export function isSkipped(): bool {
  const skip = requestHeaders.get(SKIP_HEADER);
  return skip !== null && skip.equals(ON);
}

/** A request whose body can be read as JSON. */
export function isJsonChat(): bool {
  const type = requestHeaders.get(CONTENT_TYPE);
  if (type === null || lowerCase(type).find(JSON) < 0) return false;
  return !isUnreadable(requestHeaders) && !isWebSocket();
}

/** A header of `bypassOn` is there. */
export function isSwitchedOff(config: CacheConfig): bool {
  for (let i = 0; i < config.bypassOn.length; i++) {
    const test = config.bypassOn[i];
    const value = requestHeaders.joined(test.header);
    if (value !== null && isOrHas(value, test.value)) return true;
  }
  return false;
}

/** Null: the client says nothing. */
export function readCacheControl(): CacheControl | null {
  const value = requestHeaders.joined(CACHE_CONTROL);
  return value === null ? null : CacheControl.parse(value);
}

/** Whether a header has a value, or is a list with it: on one line or on several. */
function isOrHas(header: Slice, value: Slice): bool {
  if (header.equals(value)) return true;
  const elements = elementsOf(header);
  for (let i = 0; i < elements.length; i++) {
    if (elements[i].equals(value)) return true;
  }
  return false;
}
