import { RESPONSES } from "../../fixtures/responses.js";
import { encodeCuts } from "../../unit/llm/cuts.js";
import { loadDriver } from "../../unit/bytes/load.js";
import { printTimings, timeTasks, type Task } from "./time.js";

// shared/llm: how fast token usage is read out of answers. The events of a stream arrive one per
// chunk, as models send them.
//
//   npx tsx test/bench/micro/usage.ts

const run = await loadDriver("test/unit/llm/driver/usage.ts");

function task(name: string, type: string, body: string, cuts: number[] = []): Task {
  const bytes = Buffer.from(body);
  const encoded = encodeCuts(cuts);
  return {
    name,
    bytes: bytes.length,
    run: () => run("read", [0], type, bytes, encoded),
  };
}

const event = `data: ${JSON.stringify({
  id: "chatcmpl-9",
  object: "chat.completion.chunk",
  created: 1_760_000_000,
  model: "gpt-4o-mini-2024-07-18",
  choices: [{ index: 0, delta: { content: " token" }, finish_reason: null }],
})}\n\n`;
const last = `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 11, completion_tokens: 200, total_tokens: 211 } })}\n\ndata: [DONE]\n\n`;
const stream = event.repeat(200) + last;
const cuts = Array.from({ length: 200 }, (_, i) => (i + 1) * event.length);
const chat = RESPONSES[0]!.body;
const long = (size: number): string => chat.replace('\\"u\\"', "words ".repeat(size / 6));

printTimings(
  "token usage of an answer",
  timeTasks([
    task("stream of 200 events, one per chunk", "text/event-stream", stream, cuts),
    task("the same in one chunk", "text/event-stream", stream),
    task("JSON of 2 KiB", "application/json", long(1400)),
    task("JSON of 1 MiB", "application/json", long(1 << 20)),
  ]),
);
