import { JsonCursor, JsonType, JsonValue } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";

export const CHOICES: Slice = bytes("choices");
export const DELTA: Slice = bytes("delta");
export const MESSAGE: Slice = bytes("message");
export const CONTENT: Slice = bytes("content");
export const TEXT: Slice = bytes("text");
export const REASONING: Slice = bytes("reasoning_content");
export const TOOL_CALLS: Slice = bytes("tool_calls");
const FINISH_REASON: Slice = bytes("finish_reason");
const STOP_REASON: Slice = bytes("stop_reason");
export const THINKING: Slice = bytes("thinking");
const PARTIAL_JSON: Slice = bytes("partial_json");
export const CANDIDATES: Slice = bytes("candidates");
export const PARTS: Slice = bytes("parts");
/** Bytes of an object that may say something: `{"text":0}`. */
const SHORTEST: usize = 10;

/** `choices.0.<name>` of OpenAI: a delta of an event, the message of a whole answer. */
export function firstChoice(root: JsonValue, name: Slice): JsonValue | null {
  const choices = root.get(CHOICES);
  const choice = choices !== null ? choices.item(0) : null;
  return choice !== null ? choice.get(name) : null;
}

/** `choices.0.delta.content` of OpenAI, else `delta.text` of Anthropic. */
export function answerIn(event: JsonValue): JsonValue | null {
  const choice = firstChoice(event, DELTA);
  const content = choice !== null ? choice.get(CONTENT) : null;
  if (content !== null && !isEmpty(content)) return content;
  const delta = event.get(DELTA);
  const text = delta !== null ? delta.get(TEXT) : null;
  return text !== null ? text : content;
}

/** `choices.0.delta.reasoning_content`. */
export function reasoningIn(event: JsonValue): JsonValue | null {
  const choice = firstChoice(event, DELTA);
  return choice !== null ? choice.get(REASONING) : null;
}

/** `choices.0.finish_reason` of OpenAI, else `delta.stop_reason` or `stop_reason` of Anthropic. */
export function finishIn(root: JsonValue): JsonValue | null {
  const reason = firstChoice(root, FINISH_REASON);
  if (reason !== null) return reason;
  const delta = root.get(DELTA);
  return (delta === null ? root : delta).get(STOP_REASON);
}

/** Whether a model says something in this event, be it a thought or a call of a tool. */
export function saysSomething(event: JsonValue): bool {
  const choice = firstChoice(event, DELTA);
  if (choice !== null) {
    return has(choice, CONTENT) || has(choice, REASONING) || has(choice, TOOL_CALLS);
  }
  const delta = event.get(DELTA);
  if (delta !== null) {
    // OpenAI's responses have the text itself there.
    if (delta.isString) return !isEmpty(delta);
    return has(delta, TEXT) || has(delta, THINKING) || has(delta, PARTIAL_JSON);
  }
  // Legacy completions.
  const text = firstChoice(event, TEXT);
  if (text !== null) return !isEmpty(text);
  const candidates = event.get(CANDIDATES);
  const candidate = candidates !== null ? candidates.item(0) : null;
  const content = candidate !== null ? candidate.get(CONTENT) : null;
  return content !== null && has(content, PARTS);
}

function has(object: JsonValue, name: Slice): bool {
  const value = object.get(name);
  if (value === null || isEmpty(value)) return false;
  return !value.isArray || value.item(0) !== null;
}

/**
 * Whether a message, part or block is neither a text nor an object that may have one. Short objects,
 * of which a body may have hundreds of thousands, so cost little memory.
 */
export function saysNothing(cursor: JsonCursor): bool {
  if (cursor.valueType == JsonType.String) return false;
  if (cursor.valueType != JsonType.Object) return true;
  const value = cursor.value;
  return value.endAddress() - value.at < SHORTEST;
}

/** Null or an empty text. */
export function isEmpty(value: JsonValue): bool {
  return value.isNull || (value.isString && value.raw.length == 2);
}
