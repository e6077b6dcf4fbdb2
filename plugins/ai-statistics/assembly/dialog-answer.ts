import { JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import {
  answerIn,
  CANDIDATES,
  CONTENT,
  DELTA,
  firstChoice,
  isEmpty,
  PARTS,
  reasoningIn,
  saysNothing,
  TEXT,
  THINKING,
} from "./delta";
import { Value } from "./value";

// What the dialogue log has of answers, in more protocols than the attributes, whose values are the
// peer's: legacy completions, OpenAI's responses, Gemini, and the thoughts of Anthropic.

const THOUGHT: Slice = bytes("thought");
const TYPE: Slice = bytes("type");
export const OUTPUT: Slice = bytes("output");
const SUMMARY: Slice = bytes("summary");
/** Within `response.reasoning_text.delta` and `response.reasoning_summary_text.delta`. */
const REASONING_TYPE: Slice = bytes("reasoning");
/** Within `response.output_text.delta`. */
const TEXT_TYPE: Slice = bytes("output_text");

/** What a model says or thinks in an event; Gemini's parts, where there are several. */
export function partIn(event: JsonValue, isThought: bool): JsonValue | null {
  const delta = event.get(DELTA);
  if (delta !== null && delta.isString) {
    const type = textOf(event.get(TYPE));
    return type.find(isThought ? REASONING_TYPE : TEXT_TYPE) >= 0 ? delta : null;
  }
  const known = isThought ? reasoningIn(event) : answerIn(event);
  if (known !== null) return known;
  if (isThought && delta !== null) return delta.get(THINKING);
  const text: JsonValue | null = isThought ? null : firstChoice(event, TEXT);
  if (text !== null) return text;
  return onlyPart(partsOf(event), isThought);
}

/** The text of the only part; all parts, where there are several. */
function onlyPart(parts: JsonValue | null, isThought: bool): JsonValue | null {
  if (parts === null || parts.count() != 1) return parts;
  const part = parts.item(0);
  return part !== null && isThoughtOf(part) == isThought ? part.get(TEXT) : null;
}

/** What a whole answer says or thinks; null: nothing. */
export function partOf(root: JsonValue, isThought: bool): Value | null {
  const text: JsonValue | null = isThought ? null : firstChoice(root, TEXT);
  if (text !== null && !isEmpty(text)) return Value.ofJson(text);
  const all = new Builder(256);
  appendParts(all, partsOf(root), isThought);
  appendParts(all, isThought ? root.get(CONTENT) : null, true);
  const output = root.get(OUTPUT);
  if (output !== null && output.isArray) {
    const items = output.entries();
    while (items.next()) {
      if (saysNothing(items)) continue;
      const item = items.value;
      if (textOf(item.get(TYPE)).find(REASONING_TYPE) >= 0 != isThought) continue;
      appendParts(all, item.get(SUMMARY), false);
      appendParts(all, item.get(CONTENT), false);
    }
  }
  return all.length > 0 ? Value.ofText(all.view()) : null;
}

/** The texts of parts, or the thoughts among them. */
export function appendParts(out: Builder, parts: JsonValue | null, isThought: bool): void {
  if (parts === null || !parts.isArray) return;
  const cursor = parts.entries();
  while (cursor.next()) {
    if (saysNothing(cursor)) continue;
    const part = cursor.value;
    const thinking = part.get(THINKING);
    if (thinking !== null) {
      if (isThought) out.append(textOf(thinking));
    } else if (isThoughtOf(part) == isThought) {
      out.append(textOf(part.get(TEXT)));
    }
  }
}

/** `candidates.0.content.parts` of Gemini. */
export function partsOf(root: JsonValue): JsonValue | null {
  const candidates = root.get(CANDIDATES);
  const candidate = candidates !== null ? candidates.item(0) : null;
  const content = candidate !== null ? candidate.get(CONTENT) : null;
  return content !== null ? content.get(PARTS) : null;
}

function isThoughtOf(part: JsonValue): bool {
  const thought = part.get(THOUGHT);
  return thought !== null && thought.raw.at(0) == 0x74; // t
}
