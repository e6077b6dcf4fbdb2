import type { IncomingMessage, ServerResponse } from "node:http";
import { qdrant } from "../vectors/qdrant.js";
import { VectorIndex } from "../vectors/vector-index.js";
import * as wire from "../vectors/wire.js";
import { readBody } from "./body.js";
import { embed } from "./embeddings.js";
import { sendError, sendJson } from "./replies.js";

/** The collection of Qdrant's API that there is. */
export const COLLECTION = "answers";

const EMBED = "/api/embed";
const COLLECTIONS = "/collections/";
const BODY_LIMIT = 4 * 1024 * 1024;
/** More are more than a demo asks; the vectors are kept in memory. */
const MOST_POINTS = 10_000;

/**
 * What a cache needs to find questions that mean nearly the same: `POST /api/embed` as Ollama answers
 * it, and a vector database under `/collections/answers`, as Qdrant answers. Both want no key, so a
 * gateway should not offer them. They are no models: the log of requests does not show them.
 */
export class Neighbours {
  private readonly index = new VectorIndex();
  private readonly database = qdrant(this.index, COLLECTION, null);

  /** Whether a path (with query) is of one of the two. */
  static owns(path: string): boolean {
    return path === EMBED || path.startsWith(COLLECTIONS);
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, BODY_LIMIT);
    if (body === null) return sendError(response, 413, "request_too_large", "Body too large.");
    const call: wire.WireRequest = {
      method: request.method ?? "",
      path: request.url ?? "",
      headers: request.headers as Record<string, string | undefined>,
      body,
    };
    const { answer } = wire.serve(call.path === EMBED ? ollama : this.answer, call);
    sendJson(response, answer.status, answer.body);
  }

  private readonly answer: wire.Service = (call) => {
    const isFull = call.method === "PUT" && this.index.size >= MOST_POINTS;
    wire.check(!isFull, "the collection is full", 507);
    return this.database(call);
  };
}

/** Ollama's embeddings of one text. */
const ollama: wire.Service = (request) => {
  wire.checkCall(request, "POST", EMBED);
  const { model, input } = wire.membersOf(wire.bodyOf(request), ["input", "model"]);
  const vector = embed(wire.textOf(input));
  return { status: 200, body: { model: wire.textOf(model), embeddings: [[...vector]] } };
};
