import { integerOf, JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { DELTA, saysNothing } from "./delta";
import { OUTPUT, partsOf } from "./dialog-answer";
import { ARGUMENTS, ID, INPUT, NAME, textOr, ToolCalls, TYPE } from "./tool-calls";
import { Value } from "./value";

// Calls of tools that the dialogue log has and the attributes, whose values are the peer's, have not:
// those of OpenAI's responses and of Gemini.

const ITEM: Slice = bytes("item");
const OUTPUT_INDEX: Slice = bytes("output_index");
const CALL_ID: Slice = bytes("call_id");
const FUNCTION_CALL: Slice = bytes("function_call");
const CUSTOM_CALL: Slice = bytes("custom_tool_call");
/** Within `response.function_call_arguments.delta` and `response.custom_tool_call_input.delta`. */
const CALL: Slice = bytes("call");
const GEMINI_CALL: Slice = bytes("functionCall");
const ARGS: Slice = bytes("args");

/** Takes what an event says about calls; false: nothing. */
export function readOtherCalls(calls: ToolCalls, event: JsonValue): bool {
  const type = textOf(event.get(TYPE));
  if (type.isEmpty) return readParts(calls, partsOf(event));
  const index = integerOf(event.get(OUTPUT_INDEX));
  const item = event.get(ITEM);
  if (item !== null) return readItem(calls, index, item);
  const delta = event.get(DELTA);
  if (delta === null || !delta.isString || type.find(CALL) < 0) return false;
  const call = calls.find(index);
  if (call === null) return false;
  calls.append(call, textOf(delta));
  return true;
}

/** The calls in a whole answer; null: there are none. */
export function otherCalls(root: JsonValue): Value | null {
  const calls = new ToolCalls(i32.MAX_VALUE, true);
  readParts(calls, partsOf(root));
  const output = root.get(OUTPUT);
  if (output !== null && output.isArray) {
    const items = output.entries();
    for (let index = 0; items.next(); index++) {
      if (!saysNothing(items)) readItem(calls, index, items.value);
    }
  }
  return calls.toValue();
}

/** An item of OpenAI's responses, which comes twice in a stream: when it begins, and complete. */
function readItem(calls: ToolCalls, index: i64, item: JsonValue): bool {
  const type = textOf(item.get(TYPE));
  const isFunction = type.equals(FUNCTION_CALL);
  if (!isFunction && !type.equals(CUSTOM_CALL)) return false;
  const call = calls.at(index);
  if (call === null) return true;
  call.type = isFunction ? FUNCTION_CALL : CUSTOM_CALL;
  call.id = textOr(item.get(CALL_ID), call.id);
  call.name = textOr(item.get(NAME), call.name);
  // What came piece by piece is there already.
  const isNew = call.arguments.isEmpty;
  if (isNew) calls.append(call, textOf(item.get(isFunction ? ARGUMENTS : INPUT)));
  return true;
}

/** Gemini's calls are whole, and have no index. */
function readParts(calls: ToolCalls, parts: JsonValue | null): bool {
  if (parts === null || !parts.isArray) return false;
  let isCalled = false;
  const cursor = parts.entries();
  while (cursor.next()) {
    if (saysNothing(cursor)) continue;
    const called = cursor.value.get(GEMINI_CALL);
    const call = called !== null ? calls.at(calls.count) : null;
    if (called === null || call === null) continue;
    isCalled = true;
    call.id = textOr(called.get(ID), call.id);
    call.name = textOr(called.get(NAME), call.name);
    const args = called.get(ARGS);
    if (args !== null) calls.append(call, args.raw);
  }
  return isCalled;
}
