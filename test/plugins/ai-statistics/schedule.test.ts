import { upstream, type ClientResponse } from "proxy-wasm-test";
import { test } from "proxy-wasm-test/vitest";
import { expect } from "vitest";
import { logOf } from "./logs.js";

const CONFIG = { use_default_attributes: true };

/** The i-th request asks for `q<i>` and is answered with `a<i>`, for i + 1 tokens of input. */
const REQUESTS = [0, 1, 2, 3, 4].map((i) => ({
  target: "http://a.test/v1/chat/completions",
  headers: { "content-type": "application/json", "x-mse-consumer": `c${i}` },
  chunks: [
    `{"model":"gpt-4","stream":${i % 2 === 1},"messages":`,
    `[{"role":"user","content":"q${i}"}]}`,
  ],
}));

function reply(body: string): { headers: Record<string, string>; chunks: string[] } {
  const i = Number(/"q(\d)"/.exec(body)?.[1] ?? 0);
  const usage = { prompt_tokens: i + 1, completion_tokens: 1, total_tokens: i + 2 };
  if (!body.includes('"stream":true')) {
    const choices = [{ index: 0, message: { role: "assistant", content: `a${i}` } }];
    const json = JSON.stringify({ id: `c${i}`, model: "gpt-4", choices, usage });
    const headers = { "content-type": "application/json" };
    return { headers, chunks: [json.slice(0, 30), json.slice(30)] };
  }
  const delta = {
    id: `c${i}`,
    model: "gpt-4",
    choices: [{ index: 0, delta: { content: `a${i}` } }],
  };
  const last = { id: `c${i}`, model: "gpt-4", choices: [], usage };
  const events = [JSON.stringify(delta), JSON.stringify(last), "[DONE]"];
  return {
    headers: { "content-type": "text/event-stream" },
    chunks: events.map((event) => `data: ${event}\n\n`),
  };
}

/** Whole answers only: what a client left or a timeout cut has no end to be counted. */
function isCountedAlone(_host: unknown, answers: readonly (ClientResponse | null)[]): void {
  let whole = 0;
  for (const [i, answer] of answers.entries()) {
    if (answer === null || answer.status !== 200 || answer.reset) continue;
    whole++;
    expect(logOf(answer.filterState)).toMatchObject({
      question: `q${i}`,
      answer: `a${i}`,
      chat_id: `c${i}`,
      input_token: i + 1,
    });
  }
  wholeAnswers += whole;
}

let wholeAnswers = 0;

// What is kept of one answer must never stand in the log of another that is under way.
test.schedule("requests side by side", {
  host: () => ({
    plugins: [{ name: "ai-statistics", wasm: "build/envoy/ai-statistics.wasm", config: CONFIG }],
    clusters: {
      backend: upstream().handle(({ body }) => ({ status: 200, ...reply(body) })),
    },
  }),
  requests: REQUESTS,
  check: isCountedAlone,
});

test("some of them came to their end", () => expect(wholeAnswers).toBeGreaterThan(20));
