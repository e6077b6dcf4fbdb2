import { isValidJson, JsonValue, readJson, stringOf } from "@ai-gateway-wasm/as-json";
import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

/** The object that a body is, all of it valid JSON; null: it is something else. */
export function readObject(body: Slice): JsonValue | null {
  if (!isValidJson(body)) return null;
  const value = readJson(body);
  return value !== null && value.isObject ? value : null;
}

/** A member that is a string, kept; no bytes: there is none, or it is something else. */
export function findText(object: JsonValue, key: Slice): Slice {
  const value = object.get(key);
  return value === null ? NO_BYTES : stringOf(value).kept();
}

/** True when the member is a string and this one. */
export function isText(object: JsonValue, key: Slice, text: Slice): bool {
  const value = object.get(key);
  return value !== null && stringOf(value).equals(text);
}
