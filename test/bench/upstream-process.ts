import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

// The model behind the gateways under test, in a process of its own: it answers what it has ready.

const EVENTS = 200;
/** What Redis says behind HTTP when it knows nothing. */
const NOTHING = '{"result":null}';
/** The same when it has an answer. */
const STORED = JSON.stringify({ result: "An answer of some words. ".repeat(30) });
/** Milliseconds between two events of one stream: 100 tokens per second, a fast model. */
const PACE = 10;
const USAGE = { prompt_tokens: 512, completion_tokens: EVENTS, total_tokens: 512 + EVENTS };

const base = { id: "chatcmpl-CkT2u0HhQm3iWv7ZbXy5", created: 1_795_000_000, model: "gpt-4o" };

const json = Buffer.from(
  JSON.stringify({
    ...base,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: "An answer of some words. ".repeat(30) },
        logprobs: null,
        finish_reason: "stop",
      },
    ],
    usage: USAGE,
  }),
);

/** As OpenAI streams with `include_usage`: each event names usage, only the last has it. */
const events = Array.from({ length: EVENTS }, (_, i) => {
  const delta = { index: 0, delta: { content: " word" }, logprobs: null, finish_reason: null };
  const last = i === EVENTS - 1;
  const event = { choices: last ? [] : [delta], usage: last ? USAGE : null };
  const text = JSON.stringify({ ...base, object: "chat.completion.chunk", ...event });
  return Buffer.from(`data: ${text}\n\n${last ? "data: [DONE]\n\n" : ""}`);
});

/** A stream under way. */
interface Stream {
  /** Number of the event that comes next. */
  at: number;
  /** Its place in the pace: streams of different clients do not speak in unison. */
  phase: number;
}

const streams = new Map<ServerResponse, Stream>();
let tick = 0;
let opened = 0;

setInterval(() => {
  tick += 1;
  for (const [response, stream] of streams) {
    if (tick % PACE !== stream.phase) continue;
    if (stream.at < EVENTS) response.write(events[stream.at++]);
    else if (streams.delete(response)) response.end();
  }
}, 1);

const server = createServer((request, response) => {
  request.resume();
  response.on("close", () => streams.delete(response));
  request.once("end", () => {
    if (request.url?.startsWith("/redis")) {
      response.writeHead(200, { "content-type": "application/json" });
      response.end(request.url.startsWith("/redis-hit") ? STORED : NOTHING);
    } else if (request.url?.includes("/stream/")) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.flushHeaders();
      streams.set(response, { at: 0, phase: opened++ % PACE });
    } else {
      const headers = { "content-type": "application/json", "content-length": json.length };
      response.writeHead(200, headers).end(json);
    }
  });
});
server.keepAliveTimeout = 600_000;
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
// Nobody is left to answer when the benchmark has ended.
process.once("disconnect", () => process.exit());
