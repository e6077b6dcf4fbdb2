import { JsonValue, stringOf, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { CONTENT, PARTS, saysNothing, TEXT } from "./delta";

export const USER: Slice = bytes("user");
/** Where messages stand: chats and Anthropic, OpenAI's responses, Gemini, legacy completions. */
const LISTS: string[] = ["messages", "input", "contents", "prompt"];
/** Where instructions stand that are no message: Anthropic, OpenAI's responses, Gemini. */
const SYSTEMS: string[] = ["system", "instructions", "systemInstruction", "system_instruction"];
const SYSTEM: Slice = bytes("system");
const DEVELOPER: Slice = bytes("developer");
const ROLE: Slice = bytes("role");
const TYPE: Slice = bytes("type");
/** Within `image`, `image_url` and `input_image`. */
const IMAGE_TYPE: Slice = bytes("image");
const IMAGE: Slice = bytes("[image]");

/** What a request asks: what its last message of a user says. */
@final
export class Question {
  text: Slice = NO_BYTES;
  /** Messages before it. */
  turns: i32 = 0;
  /** What the model is told beforehand. */
  system: Slice = NO_BYTES;

  constructor(root: JsonValue) {
    const system = firstOf(root, SYSTEMS);
    if (system !== null) this.system = system.isObject ? said(system) : textOf(system);
    const messages = firstOf(root, LISTS);
    if (messages !== null && messages.isArray) this.readMessages(messages);
    else this.text = textOf(messages);
  }

  private readMessages(messages: JsonValue): void {
    const cursor = messages.entries();
    let last: JsonValue | null = null;
    for (let count = 0; cursor.next(); count++) {
      if (saysNothing(cursor)) continue;
      const message = cursor.value;
      // A prompt is a text, and Gemini's roles may be left out.
      const isBare = message.isString || message.get(PARTS) !== null;
      const role = textOf(message.get(ROLE));
      if (role.equals(USER) || (role.isEmpty && isBare)) {
        last = message;
        this.turns = count;
      } else if (this.system.isEmpty && (role.equals(SYSTEM) || role.equals(DEVELOPER))) {
        this.system = textOf(message.get(CONTENT));
      }
    }
    if (last !== null) this.text = said(last);
  }
}

/** The first of these members that says something. */
function firstOf(root: JsonValue, names: string[]): JsonValue | null {
  for (let i = 0; i < names.length; i++) {
    const value = root.get(bytes(names[i]));
    if (value !== null && !value.isNull) return value;
  }
  return null;
}

function said(message: JsonValue): Slice {
  if (message.isString) return stringOf(message);
  const content = message.get(CONTENT);
  return plainText(content !== null ? content : message.get(PARTS));
}

/** The text of a message: its content, or the texts among its parts. */
function plainText(content: JsonValue | null): Slice {
  if (content === null || !content.isArray) return textOf(content);
  const all = new Builder(256);
  const parts = content.entries();
  while (parts.next()) {
    if (saysNothing(parts)) continue;
    const part = parts.value;
    // What a tool found has parts of its own (Anthropic), and those have none.
    const inner = part.get(CONTENT);
    if (inner === null || !inner.isArray) {
      appendLine(all, inner === null ? partText(part) : textOf(inner));
      continue;
    }
    const found = inner.entries();
    while (found.next()) if (!saysNothing(found)) appendLine(all, partText(found.value));
  }
  return all.view();
}

/** What a part says; empty where it is neither text nor image. */
function partText(part: JsonValue): Slice {
  if (part.isString) return stringOf(part);
  const text = part.get(TEXT);
  if (text !== null && text.isString) return stringOf(text);
  return textOf(part.get(TYPE)).find(IMAGE_TYPE) >= 0 ? IMAGE : NO_BYTES;
}

function appendLine(out: Builder, text: Slice): void {
  if (text.isEmpty) return;
  if (out.length > 0) out.appendByte(0x0a);
  out.append(text);
}
