import { bytes, Slice } from "@ai-gateway-wasm/bytes";

// Members of bodies, and what stands in them, that several files look for: each of them once.

export const ASSISTANT: Slice = bytes("assistant");
export const CHOICES: Slice = bytes("choices");
export const CONTENT: Slice = bytes("content");
export const DATA: Slice = bytes("data");
export const ID: Slice = bytes("id");
export const INPUT: Slice = bytes("input");
/** A byte order mark. */
export const MARK: Slice = bytes("\ufeff");
export const MESSAGE: Slice = bytes("message");
export const MESSAGES: Slice = bytes("messages");
const REASONING: Slice = bytes("reasoning");
export const ROLE: Slice = bytes("role");
export const TEXT: Slice = bytes("text");
export const THINKING: Slice = bytes("thinking");
export const TYPE: Slice = bytes("type");
export const URL: Slice = bytes("url");
export const USER: Slice = bytes("user");

const LAST: Slice[] = [
  bytes("message_stop"),
  bytes("response.completed"),
  bytes("response.incomplete"),
  bytes("response.failed"),
];

/** The type of an event behind which nothing is said: of Anthropic and of OpenAI's responses. */
export function isLastType(type: Slice): bool {
  for (let i = 0; i < LAST.length; i++) if (type.equals(LAST[i])) return true;
  return false;
}

/** Members with thoughts: `reasoning`, `reasoning_content`, `reasoning_details`, `thinking_blocks`. */
export function isThought(key: Slice): bool {
  return key.startsWith(REASONING) || key.startsWith(THINKING);
}
