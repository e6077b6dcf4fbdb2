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

const CALLS = [
  { index: 1, id: "c1", type: "function_call", function: { name: "f", arguments: '{"a":1}' } },
  { index: 2, id: "c2", type: "function_call", function: { name: "f", arguments: "{}" } },
  { index: 3, id: "c3", type: "custom_tool_call", function: { name: "g", arguments: "go" } },
];

test("calls of tools in whole answers", () => {
  const ask = (answer: object): unknown => {
    host.exchange(REQUEST, "{}", JSON_TYPE, [JSON.stringify(answer)]);
    return JSON.parse((read("ai_dialog")["tool_calls"] as string) || "[]");
  };
  const output = [
    { type: "message", content: [] },
    { type: "function_call", id: "fc", call_id: "c1", name: "f", arguments: '{"a":1}' },
    { type: "function_call", call_id: "c2", name: "f", arguments: "{}" },
    { type: "custom_tool_call", call_id: "c3", name: "g", input: "go" },
  ];
  expect(ask({ output })).toEqual(CALLS);
  expect(ask(gemini({ text: "a" }, { functionCall: { name: "f", args: { a: 1 } } }))).toEqual([
    { function: { name: "f", arguments: '{"a":1}' } },
  ]);
  expect(ask({ output: {}, candidates: [{ content: { parts: {} } }] })).toEqual([]);
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

  test("calls of tools of OpenAI's responses come piece by piece, or at once", () => {
    const item = (type: string, output_index: number, more: object): object => ({
      type: `response.output_item.${type}`,
      output_index,
      item: { type: "function_call", id: "fc", name: "f", ...more },
    });
    const piece = { type: "response.function_call_arguments.delta", output_index: 1 };
    const custom = { type: "custom_tool_call", call_id: "c3", name: "g", input: "go" };
    const dialog = stream(
      item("added", 1, { call_id: "c1", arguments: "" }),
      { ...piece, delta: '{"a"' },
      item("added", 2, { call_id: "c2", arguments: "" }),
      { ...piece, delta: ":1}" },
      { ...piece, output_index: 7, delta: "nobody's" },
      item("done", 1, { call_id: "c1", arguments: '{"a":1}' }),
      item("done", 2, { call_id: "c2", arguments: "{}" }),
      item("done", 3, custom),
      item("done", 4, { type: "message", content: [] }),
    );
    expect(JSON.parse(dialog["tool_calls"] as string)).toEqual(CALLS);
    expect(read("ai_log")["tool_calls"]).toBeNull();
  });

  test("calls of tools of Gemini", () => {
    const dialog = stream(
      gemini({ text: "hello" }),
      gemini({ text: "" }, { functionCall: { name: "f", args: { a: 1 } } }),
      gemini({ functionCall: { id: "c2", name: "g" } }),
      gemini({ functionCall: "f" }, { functionCall: null }),
    );
    expect(dialog["answer"]).toBe("hello");
    const [first, second, ...odd] = JSON.parse(dialog["tool_calls"] as string) as object[];
    expect(first).toEqual({ function: { name: "f", arguments: '{"a":1}' } });
    expect(second).toEqual({ index: 1, id: "c2", function: { name: "g" } });
    expect(odd).toHaveLength(2);
  });

  test("calls of tools have the limit of answers, not that of attributes", () => {
    const call = { index: 0, id: "t", function: { name: "f", arguments: "x".repeat(100) } };
    const dialog = stream({ choices: [{ delta: { tool_calls: [call] } }] });
    expect(dialog["tool_calls"]).toContain("x".repeat(10));
    expect(dialog["truncated"]).toBe(false);
  });
});

describe("a client that leaves before its answer begins", () => {
  const log = (verdict: string): string => JSON.stringify({ safecheck_status: verdict });
  test.each([
    ["envoy", false, "", undefined],
    ["envoy", false, log("request pass"), "hi"],
    ["envoy", false, log("request error"), "hi"],
    ["envoy", false, log("reqeust deny"), undefined],
    ["envoy", true, "", "hi"],
    ["higress", false, "", undefined],
    ["higress", false, log("request pass"), "hi"],
  ])(
    "%s, include_denied %j, ai_log %j: question %j",
    (build, include_denied, verdict, question) => {
      const dialog_log = { enabled: true, include_denied };
      const gateway = new BareHost(`build/${build}/ai-statistics.wasm`, { dialog_log });
      gateway.given.set("response.code_details", "downstream_remote_disconnect");
      if (verdict !== "") gateway.given.set("ai_log", JSON.stringify(verdict).slice(1, -1));
      gateway.leave(REQUEST, '{"messages":[{"role":"user","content":"hi"}]}');
      const text = gateway.properties.get("ai_dialog") ?? "";
      const dialog = JSON.parse(JSON.parse(`"${text}"`) as string) as Record<string, unknown>;
      expect([dialog["finish"], dialog["question"]]).toEqual(["client_abort", question]);
    },
  );
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
