import { findJson, JsonValue } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { dataOf } from "@ai-gateway-wasm/sse";
import { Edits } from "./local/edits";
import { offsetIn } from "./text-field";

const LOGPROBS: Slice = bytes("logprobs");
const NOTHING: Slice = bytes("null");
const NONE: Slice = bytes("[]");
/** response.output[0].content[0].logprobs */
const MAX_DEPTH: i32 = 8;

/**
 * A document or an event of which something was taken out, without the tokens that a client may ask
 * for beside a text: they say all of it once more.
 */
export function withoutTokens(text: Slice): Slice {
  const data = dataOf(text);
  const root = findJson(data === null ? text : data);
  const edits = new Edits();
  if (root !== null) addTokens(root, text, edits, 0);
  const edited = edits.rewrite(text, 0);
  return edited === null ? text : edited;
}

function addTokens(value: JsonValue, text: Slice, to: Edits, depth: i32): void {
  if (depth == MAX_DEPTH) return;
  const members = value.entries();
  while (members.next()) {
    const member = members.value;
    if (!value.isObject || !members.keyIs(LOGPROBS)) addTokens(member, text, to, depth + 1);
    else if (!member.isNull) {
      const start = offsetIn(text, member.raw);
      to.add(start, start + member.raw.length, member.isArray ? NONE : NOTHING);
    }
  }
}
