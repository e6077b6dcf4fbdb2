import type { Answer } from "./answer.js";
import type { ModelRequest } from "./messages.js";

/** Names one answer; the same in all its chunks. */
export interface AnswerId {
  id: string;
  /** Unix time in seconds. */
  created: number;
}

/** The two OpenAI endpoints that generate text; they differ only in the shape of a choice. */
export interface CompletionShape {
  json(text: string, finishReason: string): object;
  object: string;
  /** Chunk choices: the opening one (null when the endpoint has none), one per piece, the last. */
  opening: object | null;
  piece(text: string): object;
  closing: object;
  chunkObject: string;
}

/** `/v1/chat/completions`. */
export const CHAT: CompletionShape = {
  object: "chat.completion",
  json: (text) => ({ message: { role: "assistant", content: text, refusal: null } }),
  chunkObject: "chat.completion.chunk",
  opening: { delta: { role: "assistant", content: "" } },
  piece: (text) => ({ delta: { content: text } }),
  closing: { delta: {} },
};

/** `/v1/completions`. */
export const TEXT: CompletionShape = {
  object: "text_completion",
  json: (text) => ({ text }),
  chunkObject: "text_completion",
  opening: null,
  piece: (text) => ({ text }),
  closing: { text: "" },
};

/** The whole answer as one JSON document. */
export function completion(
  shape: CompletionShape,
  id: AnswerId,
  request: ModelRequest,
  answer: Answer,
): object {
  const choice = shape.json(answer.pieces.join(""), answer.finishReason);
  return {
    id: id.id,
    object: shape.object,
    created: id.created,
    model: request.model,
    choices: [{ index: 0, ...choice, logprobs: null, finish_reason: answer.finishReason }],
    usage: answer.usage,
  };
}

/** The answer as the chunks of a stream, in the order OpenAI sends them. */
export function* completionChunks(
  shape: CompletionShape,
  id: AnswerId,
  request: ModelRequest,
  answer: Answer,
): Generator<object> {
  const { created } = id;
  const base = { id: id.id, object: shape.chunkObject, created, model: request.model };
  // With include_usage every chunk has the field, null until the last one.
  const usage = request.includeUsage ? { usage: null } : {};
  const chunk = (choice: object, finishReason: string | null): object => ({
    ...base,
    choices: [{ index: 0, ...choice, logprobs: null, finish_reason: finishReason }],
    ...usage,
  });
  if (shape.opening) yield chunk(shape.opening, null);
  for (const piece of answer.pieces) yield chunk(shape.piece(piece), null);
  yield chunk(shape.closing, answer.finishReason);
  if (request.includeUsage) yield { ...base, choices: [], usage: answer.usage };
}
