import { JsonCursor, JsonValue, textOf } from "@ai-gateway-wasm/as-json";
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
  let last = -1;
  const cursor = messages.entries();
  for (let i = 0; cursor.next(); i++) {
    if (says(cursor, ROLE, USER)) last = i;
  }
  const message = messages.item(last);
  const content = message !== null ? message.get(CONTENT) : null;
  if (content === null) return NO_BYTES;
  return content.isArray ? joinTexts(content) : textOf(content);
}

function joinTexts(items: JsonValue): Slice {
  const out = new Builder(256);
  const cursor = items.entries();
  while (cursor.next()) {
    if (!says(cursor, TYPE, TEXT)) continue;
    if (out.length > 0) out.appendByte(0x0a);
    const item = cursor.inner();
    if (item.seek(TEXT)) out.append(textOf(item.value));
  }
  return out.view();
}

/** The present entry is an object with this text in its member of that name. */
function says(entry: JsonCursor, key: Slice, text: Slice): bool {
  const members = entry.inner();
  return members.seek(key) && members.valueIs(text);
}
