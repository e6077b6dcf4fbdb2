import { bytes, lowerCase, Slice } from "@ai-gateway-wasm/bytes";
import { isUnreadable, isWebSocket } from "@ai-gateway-wasm/kit";
import { requestHeaders } from "proxy-wasm-as";
import { CacheControl } from "./cache-control";
import { CacheConfig } from "./config/config";
import { elementsOf } from "./header-list";
import { plainPath } from "./path";
import { CACHE_CONTROL, CONTENT_TYPE, SKIP_HEADER } from "./names";

// What the headers of a request say about the cache; to be asked in their callback.

// Ends of paths.
const COUNT_TOKENS: Slice = bytes("/count_tokens");
const TOKENIZE: Slice = bytes("/tokenize");
const MESSAGES: Slice = bytes("/messages");
const ON: Slice = bytes("on");
const JSON: Slice = bytes("application/json");

/** The client wants no cache. */
export function isSkipped(): bool {
  const skip = requestHeaders.joined(SKIP_HEADER);
  return skip !== null && isOrHas(skip, ON);
}

/** A request whose body can be read as JSON. */
export function isJsonChat(): bool {
  const type = requestHeaders.joined(CONTENT_TYPE);
  if (type === null || lowerCase(type).find(JSON) < 0) return false;
  return !isUnreadable(requestHeaders) && !isWebSocket();
}

/** Why the cache is not asked; empty: nothing is against it so far. */
export function reasonInHeaders(config: CacheConfig): string {
  if (isSwitchedOff(config)) return "header";
  return isOtherApi(config) ? "path" : "";
}

/** It counts tokens, or wants a message of Anthropic's, where hits are completions of OpenAI's. */
function isOtherApi(config: CacheConfig): bool {
  const path = plainPath();
  if (path === null) return false;
  if (path.endsWith(COUNT_TOKENS) || path.endsWith(TOKENIZE)) return true;
  return !config.hasTemplate && path.endsWith(MESSAGES);
}

/** A header of `bypassOn` is there. */
function isSwitchedOff(config: CacheConfig): bool {
  for (let i = 0; i < config.bypassOn.length; i++) {
    const test = config.bypassOn[i];
    const value = requestHeaders.joined(test.header);
    const expected = test.value;
    if (value !== null && (expected === null || isOrHas(value, expected))) return true;
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
