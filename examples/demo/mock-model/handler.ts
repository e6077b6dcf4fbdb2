import { randomBytes } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { answer, greeting, type Arrival, type Credential } from "./answer.js";
import { parseJson, readBody } from "./body.js";
import { CHAT, completion, completionChunks, TEXT, type CompletionShape } from "./completions.js";
import { embeddings } from "./embeddings.js";
import { parseFault, type Fault, type FaultSwitch } from "./faults.js";
import { isObject, readModelRequest, type ModelRequest } from "./messages.js";
import { model, modelList } from "./models.js";
import { sendError, sendJson } from "./replies.js";
import type { RequestLog } from "./requests.js";
import { cut, sendEvents } from "./sse.js";

/** How a mock model behaves; every field has a default. */
export interface MockBehaviour {
  /** When set, requests with any other bearer key are refused with 401, as a provider does. */
  providerKey?: string;
  /** Pause before each chunk of a stream, in ms; default 0. */
  chunkDelay?: number;
  /** Tokens in each chunk of a stream; default 1. */
  chunkTokens?: number;
  /** The text of an answer; by default a greeting that names the consumer. */
  say?: (request: ModelRequest, arrival: Arrival) => string;
}

const BODY_LIMIT = 16 * 1024 * 1024;
/** Where clients of model APIs put their key. */
const KEY_HEADERS = ["authorization", "x-api-key", "api-key"];

/** Answers the requests of OpenAI's API: record, misbehave when asked to, answer. */
export class ModelHandler {
  constructor(
    private readonly behaviour: MockBehaviour,
    private readonly log: RequestLog,
    private readonly faults: FaultSwitch,
  ) {}

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await readBody(request, BODY_LIMIT);
    if (body === null) return sendError(response, 413, "request_too_large", "Body too large.");
    const seen = this.log.add(request, body);
    const arrival = this.arrival(request);
    response.setHeader("x-mock-request", String(seen.number));
    response.setHeader("x-mock-consumer", arrival.consumer ?? "");
    response.setHeader("x-mock-credential", arrival.credential);

    const header = request.headers["x-mock-fault"];
    const json = parseJson(body);
    const fault =
      header === undefined ? this.faults.take(modelOf(json)) : parseFault(String(header));
    if (fault === null && header !== undefined) {
      return sendError(response, 400, "bad_fault", "x-mock-fault is not understood.");
    }
    if (fault?.delay) await sleep(fault.delay);
    if (fault?.reset) return void request.socket.resetAndDestroy();
    if (fault?.status) return sendError(response, fault.status, "mock_fault", "Fault on request.");
    if (this.behaviour.providerKey !== undefined && arrival.credential !== "provider") {
      return sendError(response, 401, "invalid_api_key", "Incorrect API key provided.");
    }
    await this.route(request, json, response, arrival, fault);
  }

  /** Who sent it, as the gateway says, and whose key came along. */
  private arrival(request: IncomingMessage): Arrival {
    const consumer = request.headers["x-mse-consumer"];
    return {
      consumer: consumer === undefined ? null : String(consumer),
      credential: this.credential(request.headers),
    };
  }

  /** The provider's only when it came alone: a key beside it would be one that leaked. */
  private credential(headers: IncomingHttpHeaders): Credential {
    const keys = KEY_HEADERS.map((name) => headers[name]).filter(Boolean);
    if (keys.length === 0) return "none";
    const isProvider = headers.authorization === `Bearer ${this.behaviour.providerKey}`;
    return isProvider && keys.length === 1 ? "provider" : "other";
  }

  private async route(
    request: IncomingMessage,
    json: unknown,
    response: ServerResponse,
    arrival: Arrival,
    fault: Fault | null,
  ): Promise<void> {
    const [path = "/"] = (request.url ?? "/").split("?", 1);
    if (request.method === "GET" && path === "/v1/models") {
      return sendJson(response, 200, modelList());
    }
    if (request.method === "GET" && path.startsWith("/v1/models/")) {
      return sendJson(response, 200, model(path.slice("/v1/models/".length)));
    }
    if (request.method !== "POST") return notFound(response, path);
    switch (path) {
      case "/v1/chat/completions":
        return this.complete(CHAT, json, response, arrival, fault);
      case "/v1/completions":
        return this.complete(TEXT, json, response, arrival, fault);
      case "/v1/embeddings": {
        const vectors = embeddings(json);
        return vectors ? sendJson(response, 200, vectors) : badRequest(response, "model, input");
      }
      default:
        return notFound(response, path);
    }
  }

  private async complete(
    shape: CompletionShape,
    json: unknown,
    response: ServerResponse,
    arrival: Arrival,
    fault: Fault | null,
  ): Promise<void> {
    const request = isObject(json) ? readModelRequest(json) : null;
    if (!request) return badRequest(response, "model, messages or prompt");
    const { say = greeting, chunkTokens = 1, chunkDelay = 0 } = this.behaviour;
    const said = answer(request, say(request, arrival), chunkTokens);
    const id = {
      id: `chatcmpl-${randomBytes(8).toString("hex")}`,
      created: Math.floor(Date.now() / 1000),
    };
    if (request.stream) {
      const pace = { chunkDelay, cut: fault?.cut ?? null };
      return sendEvents(response, completionChunks(shape, id, request, said), pace);
    }
    const text = JSON.stringify(completion(shape, id, request, said));
    const length = Buffer.byteLength(text);
    response.writeHead(200, { "content-type": "application/json", "content-length": length });
    if (fault?.cut === undefined) return void response.end(text);
    response.write(text.slice(0, Math.floor(text.length / 2)));
    cut(response);
  }
}

function modelOf(json: unknown): string | undefined {
  return isObject(json) && typeof json.model === "string" ? json.model : undefined;
}

function badRequest(response: ServerResponse, needed: string): void {
  sendError(response, 400, "invalid_request", `The body must be JSON with ${needed}.`);
}

function notFound(response: ServerResponse, path: string): void {
  sendError(response, 404, "unknown_url", `Unknown request URL: ${path}`);
}
