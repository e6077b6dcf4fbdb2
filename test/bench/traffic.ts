/** What clients send, and who answers. */
export interface Traffic {
  method: "GET" | "POST";
  path: string;
  /** Header that carries the scenario's keys in turn. */
  keyHeader: string;
  body?: string;
  /** Part of the usual number of requests that one burst has; 1 by default. */
  share?: number;
}

/** The route answers by itself: no upstream, no body. */
export const DIRECT: Traffic = { method: "GET", path: "/v1/models", keyHeader: "x-api-key" };

/** Paths that Envoy sends to the upstream begin so. */
export const UPSTREAM_PREFIX = "/up/";

/** Length of a chat request's body in bytes. */
const REQUEST_BYTES = 2048;

/** A chat request of 2 KiB through an upstream, answered with JSON. */
export const JSON_ANSWER: Traffic = {
  method: "POST",
  path: `${UPSTREAM_PREFIX}json/v1/chat/completions`,
  keyHeader: "x-mse-consumer",
  body: chatRequest(REQUEST_BYTES),
};

/** The same with a long conversation in the request: 200 KiB. */
export const LONG_REQUEST: Traffic = { ...JSON_ANSWER, body: chatRequest(204800), share: 1 / 5 };

/** The same, answered with a stream of 200 events; each is a read of its own for Envoy. */
export const STREAM_ANSWER: Traffic = {
  ...JSON_ANSWER,
  path: `${UPSTREAM_PREFIX}stream/v1/chat/completions`,
  share: 1 / 40,
};

/** A request that says that it wants a stream. The upstream streams for its path. */
export const STREAM_REQUEST: Traffic = {
  ...STREAM_ANSWER,
  body: chatRequest(REQUEST_BYTES, { stream: true }),
  share: 1,
};

/**
 * Envoy answers by itself, with as much as a cached answer has. Nothing is posted: Envoy would answer
 * before the body has come, and close the connection.
 */
export const DIRECT_ANSWER: Traffic = { ...DIRECT, path: "/direct", keyHeader: "x-mse-consumer" };

function chatRequest(bytes: number, more: object = {}): string {
  const spell = (content: string): string =>
    JSON.stringify({
      model: "gpt-4o",
      max_tokens: 256,
      ...more,
      messages: [
        { role: "system", content: "You are a helpful assistant." },
        { role: "user", content },
      ],
    });
  return spell("word ".repeat(bytes).slice(0, bytes - spell("").length));
}
