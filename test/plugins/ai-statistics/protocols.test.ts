import { createHost, upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import "proxy-wasm-test/vitest/setup";
import { BareHost } from "./bare-host.js";

// The dialogue log in other words than those of OpenAI's chats. What `ai_log` calls `answer` and
// `question` is Higress's, and stays.

const JSON_TYPE = { ":status": "200", "content-type": "application/json" };
const EVENTS = { ":status": "200", "content-type": "text/event-stream" };
const REQUEST = { ":path": "/v1/any", "content-type": "application/json" };

const host = new BareHost("build/envoy/ai-statistics.wasm", {
  value_length_limit: 10,
  attributes: ["question", "answer", "tool_calls"].map((key) => ({ key, apply_to_log: true })),
  dialog_log: { enabled: true, include_reasoning: true },
});

function read(name: string): Record<string, unknown> {
  const text = host.properties.get(name) ?? "";
  return JSON.parse(JSON.parse(`"${text}"`) as string) as Record<string, unknown>;
}

function stream(...events: object[]): Record<string, unknown> {
  const chunks = events.map((event) => `data: ${JSON.stringify(event)}\n\n`);
  host.exchange(REQUEST, "{}", EVENTS, chunks);
  return read("ai_dialog");
}

const delta = (type: string, text: string): object => ({
  type: `response.${type}.delta`,
  delta: text,
});
const gemini = (...parts: object[]): object => ({ candidates: [{ content: { parts } }] });

describe("questions", () => {
  test.each([
    [{ input: "hi", instructions: "s" }, "hi"],
    [{ input: [{ role: "user", content: [{ type: "input_text", text: "hi" }] }, {}] }, "hi"],
    [
      {
        messages: [
          { role: "developer", content: "s" },
          { role: "user", content: "hi" },
        ],
      },
      "hi",
    ],
    [
      { contents: [{ parts: [{ text: "a" }, { text: "b" }] }, { role: "model", parts: [] }] },
      "a\nb",
    ],
    [{ prompt: "hi" }, "hi"],
    [{ prompt: ["a", "hi"] }, "hi"],
    [{ prompt: [1, 2] }, ""],
  ])("%j", (body, question) => {
    host.exchange(REQUEST, JSON.stringify(body), JSON_TYPE, ["{}"]);
    expect(read("ai_dialog")["question"]).toBe(question);
  });

  test.each([
    { instructions: "s" },
    { system: "s" },
    { systemInstruction: { parts: [{ text: "s" }] } },
    { messages: [{ role: "developer", content: "s" }] },
  ])("what the model is told beforehand: %j", (body) => {
    host.exchange(REQUEST, JSON.stringify(body), JSON_TYPE, ["{}"]);
    expect(read("ai_dialog")["system_hash"]).toBe("sha256:043a7187");
  });
});

test.each([
  { choices: [{ text: "hello" }] },
  gemini({ text: "hm", thought: true }, { text: "hel" }, { text: "lo" }),
  {
    output: [
      { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
      { type: "message", content: [{ type: "output_text", text: "hello" }] },
    ],
  },
  {
    content: [
      { type: "thinking", thinking: "hm" },
      { type: "text", text: "hello" },
    ],
  },
])("a whole answer: %j", (answer) => {
  host.exchange(REQUEST, "{}", JSON_TYPE, [JSON.stringify(answer)]);
  const reasoning = "choices" in answer ? "" : "hm";
  expect(read("ai_dialog")).toMatchObject({ answer: "hello", reasoning });
});

describe("streams", () => {
  test("of OpenAI's responses", () => {
    const dialog = stream(
      delta("reasoning_summary_text", "hm"),
      delta("output_text", "hel"),
      delta("output_text", "lo"),
      delta("function_call_arguments", "{}"),
      { type: "response.completed", response: { output: [] } },
    );
    expect(dialog).toMatchObject({ answer: "hello", reasoning: "hm" });
    expect(read("ai_log")["answer"]).toBeNull();
  });

  test("of Gemini", () => {
    const dialog = stream(
      gemini({ text: "h", thought: true }, { text: "h" }, { text: "e" }),
      gemini({ text: "m", thought: true }),
      gemini({ text: "llo" }),
    );
    expect(dialog).toMatchObject({ answer: "hello", reasoning: "hm" });
  });

  test("of legacy completions", () => {
    const dialog = stream({ choices: [{ text: "hel" }] }, { choices: [{ text: "lo" }] });
    expect(dialog).toMatchObject({ answer: "hello" });
  });

  test("of Anthropic", () => {
    const dialog = stream(
      { type: "content_block_delta", delta: { type: "thinking_delta", thinking: "hm" } },
      { type: "content_block_delta", delta: { type: "text_delta", text: "hello" } },
    );
    expect(dialog).toMatchObject({ answer: "hello", reasoning: "hm" });
  });

  test("calls of tools have the limit of answers, not that of attributes", () => {
    const call = { index: 0, id: "t", function: { name: "f", arguments: "x".repeat(100) } };
    const dialog = stream({ choices: [{ delta: { tool_calls: [call] } }] });
    expect(dialog["tool_calls"]).toContain("x".repeat(10));
    expect(dialog["truncated"]).toBe(false);
  });
});

test("the first token of legacy completions is timed", async () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  const events = [{ choices: [{ text: "a" }] }, { choices: [{ text: "b" }], usage }];
  const body = events.map((one) => `data: ${JSON.stringify(one)}\n\n`).join("");
  const headers = { "content-type": "text/event-stream" };
  const gateway = await createHost({
    plugins: [
      {
        name: "ai-statistics",
        wasm: "build/envoy/ai-statistics.wasm",
        config: { metrics: { groups: ["latency"] } },
      },
    ],
    clusters: { backend: upstream().reply(200, { headers, body }) },
    routes: [{ name: "chat", cluster: "backend" }],
    clock: "real",
  });
  await gateway.fetch("/v1/completions", { method: "POST", body: "{}" });
  expect(Object.keys(gateway.metrics.all).join("\n")).toContain("llm_first_token_ms");
});
