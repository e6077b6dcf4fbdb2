/** The part of an OpenAI request that the mock reads; everything else is ignored. */
export interface ModelRequest {
  model: string;
  stream: boolean;
  includeUsage: boolean;
  /** Longest answer in tokens; Infinity when not limited. */
  maxTokens: number;
  /** All text of the prompt, in order. */
  prompt: string;
  /** The text of the last user message, or the whole prompt. */
  question: string;
}

type Json = Record<string, unknown>;

/** Reads the body of a chat or text completion; null when it has no model or no prompt. */
export function readModelRequest(body: Json): ModelRequest | null {
  const messages = Array.isArray(body.messages) ? body.messages.filter(isObject) : null;
  const prompt = messages ? messages.map(messageText).join("\n") : plainText(body.prompt);
  if (typeof body.model !== "string" || !body.model || prompt === null) return null;
  const lastUser = messages?.findLast((message) => message.role === "user");
  const limit = body.max_completion_tokens ?? body.max_tokens;
  return {
    model: body.model,
    stream: body.stream === true,
    includeUsage: isObject(body.stream_options) && body.stream_options.include_usage === true,
    maxTokens: Number.isInteger(limit) && Number(limit) > 0 ? Number(limit) : Infinity,
    prompt,
    question: lastUser ? messageText(lastUser) : prompt,
  };
}

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Content is a string or a list of parts, of which only the text parts count. */
function messageText(message: Json): string {
  if (typeof message.content === "string") return message.content;
  if (!Array.isArray(message.content)) return "";
  const parts = message.content.filter(isObject);
  return parts.map((part) => (typeof part.text === "string" ? part.text : "")).join("");
}

function plainText(prompt: unknown): string | null {
  if (typeof prompt === "string") return prompt;
  return Array.isArray(prompt) ? prompt.join("\n") : null;
}
