import {
  integerOf,
  JsonCursor,
  JsonType,
  JsonValue,
  stringOf,
  textOf,
} from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { isCall, isToolType } from "./tool-call";

const CANDIDATES: Slice = bytes("candidates");
const CHOICES: Slice = bytes("choices");
const CONTENT: Slice = bytes("content");
const CONTENT_BLOCK: Slice = bytes("content_block");
export const DELTA: Slice = bytes("delta");
const DONE_REASON: Slice = bytes("done_reason");
const ERROR: Slice = bytes("error");
const FINISH_REASON: Slice = bytes("finish_reason");
const FINISH_REASON_OF_GEMINI: Slice = bytes("finishReason");
const FUNCTION_CALL: Slice = bytes("function_call");
const FUNCTION_CALL_OF_GEMINI: Slice = bytes("functionCall");
const ID: Slice = bytes("id");
const INDEX: Slice = bytes("index");
const ITEM: Slice = bytes("item");
export const MESSAGE: Slice = bytes("message");
const MODEL: Slice = bytes("model");
/** DashScope's finish reason of an answer that goes on. */
const NULL: Slice = bytes("null");
const OBJECT: Slice = bytes("object");
const OUTPUT: Slice = bytes("output");
const PART: Slice = bytes("part");
const PARTS: Slice = bytes("parts");
const REASONING: Slice = bytes("reasoning_content");
const REFUSAL: Slice = bytes("refusal");
/** Of the Responses API: what begins so is a piece of a refusal, or its end. */
const REFUSAL_EVENT: Slice = bytes("response.refusal.");
const RESPONSE: Slice = bytes("response");
const STOP_REASON: Slice = bytes("stop_reason");
const STOP_REASON_OF_BEDROCK: Slice = bytes("stopReason");
const TOOL_CALLS: Slice = bytes("tool_calls");
const TOOL_USE_OF_BEDROCK: Slice = bytes("toolUse");
const TYPE: Slice = bytes("type");
const USAGE: Slice = bytes("usage");
/** Each that is read takes memory until the callback returns. */
const MOST_ELEMENTS: i32 = 8192;

/**
 * What an answer, or one event of it, says about itself: read in one pass, whatever the protocol. What is
 * said twice counts as it is said first, as in GJSON; a call or an error counts wherever it is. Shares the
 * memory of what was read last.
 */
@final
export class AnswerDocument {
  /** The part of choice 0; null: there is none. */
  part: JsonValue | null = null;
  /** `content` of that. */
  content: JsonValue | null = null;
  /** What the model thinks there, which is not its answer. */
  thought: JsonValue | null = null;
  /** Of choice 0, or Anthropic's; no bytes: none yet. */
  finishReason: Slice = NO_BYTES;
  /** No bytes unless it is a string, as for the next one. */
  object: Slice = NO_BYTES;
  type: Slice = NO_BYTES;
  id: JsonValue | null = null;
  model: JsonValue | null = null;
  usage: JsonValue | null = null;
  hasError: bool = false;
  /** Some choice calls a tool. */
  hasCall: bool = false;
  hasRefusal: bool = false;
  /** It has more choices, parts, items and members than any answer: it was not read to its end. */
  isTooWide: bool = false;
  private hasChoices: bool = false;
  private elements: i32 = 0;

  /** @param partName what the part of a choice is called: `message`, in events `delta` */
  constructor(private readonly partName: Slice) {}

  read(root: JsonValue): void {
    this.clear();
    const members = root.entries();
    while (root.isObject && this.isNext(members)) {
      if (members.keyIs(CHOICES)) this.readChoices(members.value);
      else if (members.keyIs(ID)) this.id = firstOf(this.id, members.value);
      else if (members.keyIs(MODEL)) this.model = firstOf(this.model, members.value);
      else if (members.keyIs(USAGE)) this.usage = firstOf(this.usage, members.value);
      else if (members.keyIs(ERROR)) this.hasError = this.hasError || !members.value.isNull;
      else if (members.keyIs(OBJECT) || members.keyIs(TYPE)) this.readKind(members);
      else this.readOther(members);
    }
  }

  private readKind(members: JsonCursor): void {
    const name = stringOf(members.value);
    if (name.equals(ERROR)) this.hasError = true;
    if (name.startsWith(REFUSAL_EVENT)) this.hasRefusal = true;
    if (members.keyIs(TYPE)) this.type = this.type.isEmpty ? name : this.type;
    else this.object = this.object.isEmpty ? name : this.object;
  }

  /** What Anthropic and the Responses API have beside the rest. */
  private readOther(members: JsonCursor): void {
    if (members.keyIs(DELTA)) this.readStop(members.value.get(STOP_REASON));
    else if (members.keyIs(STOP_REASON)) this.readStop(members.value);
    else if (members.keyIs(CONTENT)) this.readBlocks(members.value);
    else if (members.keyIs(CONTENT_BLOCK) || members.keyIs(PART)) this.readBlock(members.value);
    else if (members.keyIs(ITEM)) this.readItem(members.value);
    else if (members.keyIs(RESPONSE)) this.readItems(members.value.get(OUTPUT));
    else this.readForeign(members);
  }

  /** What Gemini, DashScope, Ollama, Bedrock and Cohere have; their text is where a configured path says. */
  private readForeign(members: JsonCursor): void {
    if (members.keyIs(OUTPUT)) {
      if (members.value.isObject) this.readOutput(members.value);
      else this.readItems(members.value);
    } else if (members.keyIs(CANDIDATES)) {
      this.readCandidates(members.value);
    } else if (members.keyIs(MESSAGE)) {
      this.readPart(members.value, false);
    } else if (isStopOfRoot(members)) {
      this.readStop(members.value);
    }
  }

  private clear(): void {
    this.part = null;
    this.content = null;
    this.thought = null;
    this.finishReason = NO_BYTES;
    this.object = NO_BYTES;
    this.type = NO_BYTES;
    this.id = null;
    this.model = null;
    this.usage = null;
    this.hasError = false;
    this.hasCall = false;
    this.hasRefusal = false;
    this.hasChoices = false;
    this.elements = 0;
  }

  /** Moves to the next element or member, unless there were too many. */
  private isNext(elements: JsonCursor): bool {
    if (!elements.next()) return false;
    this.isTooWide = this.isTooWide || this.elements == MOST_ELEMENTS;
    this.elements++;
    return !this.isTooWide;
  }

  private readChoices(choices: JsonValue): void {
    if (!choices.isArray) return;
    const elements = choices.entries();
    for (let i = 0; this.isNext(elements); i++) {
      if (elements.valueType != JsonType.Object) continue;
      this.readChoice(elements.value, i == 0 && !this.hasChoices);
    }
    this.hasChoices = true;
  }

  private readChoice(choice: JsonValue, isFirst: bool): void {
    let part: JsonValue | null = null;
    let reason: JsonValue | null = null;
    const members = choice.entries();
    while (choice.isObject && this.isNext(members)) {
      if (part === null && members.keyIs(this.partName)) part = members.value;
      else if (members.keyIs(DELTA) || members.keyIs(MESSAGE)) this.readPart(members.value, false);
      else if (members.keyIs(FINISH_REASON)) reason = firstOf(reason, members.value);
      else if (members.keyIs(INDEX) && integerOf(members.value) != 0) isFirst = false;
    }
    if (isFirst) this.readStop(reason);
    if (part !== null) this.readPart(part, isFirst);
  }

  private readPart(part: JsonValue, isFirst: bool): void {
    if (isFirst) this.part = part;
    const members = part.entries();
    while (part.isObject && this.isNext(members)) {
      if (members.keyIs(CONTENT)) {
        this.readContent(members.value, isFirst);
      } else if (members.keyIs(REASONING)) {
        if (isFirst) this.thought = members.value;
      } else if (members.keyIs(TOOL_CALLS) || members.keyIs(FUNCTION_CALL)) {
        if (isCall(members.value)) this.hasCall = true;
      } else if (members.keyIs(REFUSAL) && !textOf(members.value).isEmpty) {
        this.hasRefusal = true;
      }
    }
  }

  private readContent(content: JsonValue, isFirst: bool): void {
    if (isFirst) this.content = firstOf(this.content, content);
    this.readBlocks(content);
  }

  private readStop(reason: JsonValue | null): void {
    if (reason === null || reason.isNull || !this.finishReason.isEmpty) return;
    const text = textOf(reason);
    if (!text.equals(NULL)) this.finishReason = text;
  }

  /** Of DashScope: as a document of OpenAI, but none that its paths lead into; of Bedrock a message. */
  private readOutput(output: JsonValue): void {
    const part = this.part;
    const content = this.content;
    const thought = this.thought;
    const hasChoices = this.hasChoices;
    const choices = output.get(CHOICES);
    this.hasChoices = false;
    if (choices !== null) this.readChoices(choices);
    this.readStop(output.get(FINISH_REASON));
    const message = output.get(MESSAGE);
    if (message !== null) this.readPart(message, false);
    this.part = part;
    this.content = content;
    this.thought = thought;
    this.hasChoices = hasChoices;
  }

  /** Of Gemini. */
  private readCandidates(candidates: JsonValue): void {
    if (!candidates.isArray) return;
    const elements = candidates.entries();
    for (let i = 0; this.isNext(elements); i++) {
      if (elements.valueType != JsonType.Object) continue;
      if (i == 0) this.readStop(elements.value.get(FINISH_REASON_OF_GEMINI));
      const content = elements.value.get(CONTENT);
      const parts: JsonValue | null = content === null ? null : content.get(PARTS);
      if (parts !== null) this.readParts(parts);
    }
  }

  private readParts(parts: JsonValue): void {
    const elements = parts.entries();
    while (parts.isArray && this.isNext(elements)) {
      if (elements.valueType != JsonType.Object) continue;
      const call = elements.value.get(FUNCTION_CALL_OF_GEMINI);
      if (call !== null && isCall(call)) this.hasCall = true;
    }
  }

  private readBlocks(blocks: JsonValue): void {
    if (!blocks.isArray) return;
    const elements = blocks.entries();
    while (this.isNext(elements)) {
      if (elements.valueType == JsonType.Object) this.readBlock(elements.value);
    }
  }

  private readBlock(block: JsonValue): void {
    const type = block.get(TYPE);
    if (type === null) {
      const call = block.get(TOOL_USE_OF_BEDROCK);
      if (call !== null && isCall(call)) this.hasCall = true;
      return;
    }
    const name = stringOf(type);
    if (isToolType(name)) this.hasCall = true;
    else if (name.equals(REFUSAL)) this.hasRefusal = true;
  }

  /** Of the Responses API. */
  private readItems(items: JsonValue | null): void {
    if (items === null || !items.isArray) return;
    const elements = items.entries();
    while (this.isNext(elements)) {
      if (elements.valueType == JsonType.Object) this.readItem(elements.value);
    }
  }

  private readItem(item: JsonValue): void {
    const content = item.get(CONTENT);
    this.readBlock(item);
    if (content !== null) this.readBlocks(content);
  }
}

function isStopOfRoot(members: JsonCursor): bool {
  const isPlain = members.keyIs(DONE_REASON) || members.keyIs(FINISH_REASON);
  return isPlain || members.keyIs(STOP_REASON_OF_BEDROCK);
}

function firstOf(before: JsonValue | null, now: JsonValue): JsonValue {
  return before === null ? now : before;
}
