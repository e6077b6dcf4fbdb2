import { JsonPath, JsonValue } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";

const TOOL_USE: Slice = bytes("tool_use");
const CALL: Slice = bytes("_call");

/** Providers put `null` and `[]` in every event: only what holds something is a call. */
export function isCall(value: JsonValue): bool {
  return value.isObject || (value.isArray && value.count() > 0);
}

/** Anthropic's blocks, and items of the Responses API such as `function_call`. */
export function isToolType(type: Slice): bool {
  return type.endsWith(TOOL_USE) || type.endsWith(CALL);
}

/** Whether a configured path leads to a call (`cacheToolCallsFrom`). */
export function findsCall(path: JsonPath | null, root: JsonValue): bool {
  const value: JsonValue | null = path === null ? null : path.read(root);
  return value !== null && isCall(value);
}
