import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { CONTENT, isThought, TEXT } from "./words";

export const OUTPUT: Slice = bytes("output");
export const SOURCE: Slice = bytes("source");

/**
 * Members that speak: of messages, of their parts, of calls of tools and of what tools gave, in OpenAI's
 * chats and responses and in Anthropic's messages.
 */
const SAYING: Slice[] = [
  CONTENT,
  TEXT,
  bytes("summary"),
  OUTPUT,
  bytes("tool_calls"),
  bytes("function"),
  bytes("function_call"),
  bytes("refusal"),
  bytes("code"),
  SOURCE,
  bytes("cited_text"),
];
/** Members that speak beside these. Alone they are as good as any other. */
const BESIDE: Slice[] = [
  bytes("title"),
  bytes("context"),
  bytes("citations"),
  bytes("document_title"),
  bytes("stdout"),
  bytes("stderr"),
  bytes("outputs"),
  bytes("error"),
  bytes("audio"),
];

export function isSaying(key: Slice): bool {
  return isAmong(SAYING, key) || isThought(key);
}

export function speaksBeside(key: Slice): bool {
  return isAmong(BESIDE, key);
}

function isAmong(words: Slice[], key: Slice): bool {
  for (let i = 0; i < words.length; i++) if (key.equals(words[i])) return true;
  return false;
}
