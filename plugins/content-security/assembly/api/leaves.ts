import { JsonValue } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

/** Members that say nothing, of objects of which nobody knows what does. */
export const STRUCTURE: Slice = bytes(
  "type role status id call_id tool_use_id tool_call_id name detail url file_url file_id file_data data media_type format " +
    "cache_control encrypted_content signature index ",
);
/** Members with base64 in results of MCP, left out beside the type of what they hold. */
export const BINARY: Slice = bytes("data blob ");
const MIME: Slice = bytes("mimeType");
const BLANK: u8 = 0x20;
/** What lies deeper is not taken apart: hostile documents would cost its square. */
const MAX_DEPTH: i32 = 64;

/**
 * The strings and numbers under a value, in the order of the document, and what lies too deep as it
 * stands.
 *
 * @param except keys of members that are left out, at any depth; a blank behind each
 */
export function leavesOf(value: JsonValue, except: Slice = NO_BYTES): JsonValue[] {
  const leaves: JsonValue[] = [];
  addLeaves(value, except, 0, leaves);
  return leaves;
}

function addLeaves(value: JsonValue, except: Slice, depth: i32, to: JsonValue[]): void {
  const isContainer = value.isArray || value.isObject;
  if (!isContainer || depth == MAX_DEPTH) {
    if (isContainer || value.isString || value.isNumber) to.push(value);
    return;
  }
  const entries = value.entries();
  while (entries.next()) {
    const isLeftOut = value.isObject && isOneOf(entries.key, except);
    if (isLeftOut && (except !== BINARY || value.get(MIME) !== null)) continue;
    addLeaves(entries.value, except, depth + 1, to);
  }
}

export function hasOnlyStrings(list: JsonValue): bool {
  const items = list.entries();
  while (items.next()) if (!items.value.isString) return false;
  return true;
}

/** @param words a blank behind each */
export function isOneOf(key: Slice, words: Slice): bool {
  let from = 0;
  for (let at = 0; at < words.length; at++) {
    if (words.at(at) != BLANK) continue;
    if (key.equals(words.sub(from, at))) return true;
    from = at + 1;
  }
  return false;
}
