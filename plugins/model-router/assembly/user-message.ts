import { JsonValue, textOf } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

const MESSAGES: Slice = bytes("messages");
const ROLE: Slice = bytes("role");
const USER: Slice = bytes("user");
const CONTENT: Slice = bytes("content");
const TYPE: Slice = bytes("type");
const TEXT: Slice = bytes("text");

/**
 * The last message of role `user` of a chat request; the text items of a list, joined by line
 * breaks. Empty when there is none, or when it has no text.
 */
export function lastUserMessage(root: JsonValue): Slice {
  const messages = root.get(MESSAGES);
  if (messages === null || !messages.isArray) return NO_BYTES;
  let last: JsonValue | null = null;
  const cursor = messages.entries();
  while (cursor.next()) {
    const message = cursor.value;
    if (textOf(message.get(ROLE)).equals(USER)) last = message.get(CONTENT);
  }
  if (last === null) return NO_BYTES;
  return last.isArray ? joinTexts(last) : textOf(last);
}

function joinTexts(items: JsonValue): Slice {
  const out = new Builder(256);
  const cursor = items.entries();
  while (cursor.next()) {
    const item = cursor.value;
    if (!textOf(item.get(TYPE)).equals(TEXT)) continue;
    if (out.length > 0) out.appendByte(0x0a);
    out.append(textOf(item.get(TEXT)));
  }
  return out.view();
}
