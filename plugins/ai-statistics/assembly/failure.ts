import { findJson, JsonValue } from "@ai-gateway-wasm/as-json";
import { bytes, mentions, Slice } from "@ai-gateway-wasm/bytes";
import { isEmpty } from "./delta";

const ERROR: Slice = bytes("error");
const QUOTED: Slice = bytes('"error"');

/** The peer's failure: the first JSON is an object with an `error` that is neither null nor `""`. */
export function isFailure(event: Slice): bool {
  // Keys with escapes are nobody's. Most events have no such word.
  if (!mentions(event, QUOTED)) return false;
  const root: JsonValue | null = findJson(event);
  const error = root !== null ? root.get(ERROR) : null;
  return error !== null && !isEmpty(error);
}
