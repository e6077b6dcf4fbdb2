import { JsonValue } from "@ai-gateway-wasm/as-json";
import { Slice } from "@ai-gateway-wasm/bytes";

/** What lies deeper is not taken apart: hostile documents would cost its square. */
const MAX_DEPTH: i32 = 64;

/**
 * The strings and numbers under a value, in the order of the document, and what lies too deep as it
 * stands.
 *
 * @param except keys of members that are left out, at any depth
 */
export function leavesOf(value: JsonValue, except: Slice[] = []): JsonValue[] {
  const leaves: JsonValue[] = [];
  addLeaves(value, except, 0, leaves);
  return leaves;
}

function addLeaves(value: JsonValue, except: Slice[], depth: i32, to: JsonValue[]): void {
  const isContainer = value.isArray || value.isObject;
  if (!isContainer || depth == MAX_DEPTH) {
    if (isContainer || value.isString || value.isNumber) to.push(value);
    return;
  }
  const entries = value.entries();
  while (entries.next()) {
    if (value.isObject && isOneOf(entries.key, except)) continue;
    addLeaves(entries.value, except, depth + 1, to);
  }
}

export function hasOnlyStrings(list: JsonValue): bool {
  const items = list.entries();
  while (items.next()) if (!items.value.isString) return false;
  return true;
}

export function isOneOf(key: Slice, keys: Slice[]): bool {
  for (let i = 0; i < keys.length; i++) {
    if (key.equals(keys[i])) return true;
  }
  return false;
}
