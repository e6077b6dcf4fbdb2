import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { CONTENT, REASONING, TEXT } from "./words";

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
  bytes("thinking"),
  bytes("code"),
  SOURCE,
  bytes("title"),
  bytes("context"),
  bytes("outputs"),
  bytes("error"),
  bytes("audio"),
];

export function isSaying(key: Slice): bool {
  for (let i = 0; i < SAYING.length; i++) if (key.equals(SAYING[i])) return true;
  return key.startsWith(REASONING);
}
