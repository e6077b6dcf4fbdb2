import { expect, test } from "vitest";
import { countingSteps } from "../../support/steps.js";
import { BareHost } from "./bare-host.js";

// What clients and upstreams send to cost a worker its memory, or to spoil what is written and counted.

const WASM = "build/envoy/ai-statistics.wasm";
const REQUEST = { ":path": "/v1/chat/completions", "content-type": "application/json" };
const ANSWER = { ":status": "200", "content-type": "application/json" };
const MIB = 1_048_576;

const dialog = { dialog_log: { enabled: true } };

const spanning = { attributes: [{ key: "question", apply_to_span: true }] };

const STEPPED = countingSteps(WASM);

/** A megabyte of the same element. */
const wide = (element: string): string =>
  `${`${element},`.repeat((MIB - 200) / (element.length + 1))}${element}`;
const content = (json: string): string => `{"messages":[{"role":"user","content":${json}}]}`;
const logging = (...keys: string[]): object => ({
  attributes: keys.map((key) => ({ key, apply_to_log: true })),
});

test.each([
  ["roles that are numbers", {}, `{"messages":[${wide('{"role":0.1}')}]}`, 16],
  ["roles with escapes", {}, `{"messages":[${wide('{"role":"us\\u0065r"}')}]}`, 40],
  ["numbers", logging("question"), content(`[${wide("0.1")}]`), 12],
  ["long numbers", logging("question"), content(`[${wide("0.12345678901234567")}]`), 24],
  ["empty objects", logging("question"), content(`[${wide("{}")}]`), 12],
  ["small objects", logging("question"), content(`[${wide('{"a":1}')}]`), 24],
  ["objects out of order", logging("question"), content(`[${wide('{"b":1,"a":1}')}]`), 64],
  ["short texts", logging("question"), content(`[${wide('"\\n"')}]`), 12],
  ["messages", logging("question"), `{"messages":[${wide("0")}]}`, 24],
  ["messages in the dialogue", dialog, `{"messages":[${wide("0")}]}`, 24],
  ["empty messages in the dialogue", dialog, `{"messages":[${wide("{}")}]}`, 32],
  ["empty parts in the dialogue", dialog, content(`[${wide("{}")}]`), 32],
  ["empty objects in a span", spanning, content(`[${wide("{}")}]`), 12],
])("a megabyte of %s costs a few", (_name, configuration, body, limit) => {
  const host = new BareHost(WASM, configuration);
  host.exchange(REQUEST, body, ANSWER, ["{}"]);
  expect(host.properties.get("ai_log")).toBeDefined();
  expect(host.memoryBytes / MIB).toBeLessThan(limit);
});

test.each([
  ["[", "]", 505],
  ["[0,", ", 1 ]", 505],
  ['{"a":', "}", 505],
  ['{"b":1,"a":', ',"c":2}', 505],
])("levels of %s…%s are walked over once", (open, close, depth) => {
  const host = new BareHost(STEPPED, {
    value_length_limit: 2 * MIB,
    max_request_body_bytes: 2 * MIB,
    ...logging("question"),
  });
  const nested = `${open.repeat(depth)}[${wide('"\\n"')}]${close.repeat(depth)}`;
  const before = host.steps;
  host.exchange(REQUEST, content(nested), ANSWER, ["{}"]);
  // Once for each level around them, it would be more than 505 steps a byte.
  expect((host.steps - before) / nested.length).toBeLessThan(40);
  expect(logOf(host)["question"]).toEqual(JSON.parse(nested));
});

test("a span has an object of clients as it stands where Go would print it at length", () => {
  const host = new BareHost(STEPPED, spanning);
  const json = `[${'{"a":'.repeat(500)}[${wide("[]").slice(5001)}]${"}".repeat(500)}]`;
  const before = host.steps;
  host.exchange(REQUEST, content(json), ANSWER, ["{}"]);
  // Printed as Go does, it would be a hundred times as much.
  expect((host.steps - before) / json.length).toBeLessThan(1);
  expect(host.properties.get("trace_span_tag.question")).toBe(json);
});

test.each([
  ["blocks of Anthropic", `{"content":[${wide("{}")}]}`],
  ["parts of Gemini", `{"candidates":[{"content":{"parts":[${wide("{}")}]}}]}`],
  ["items of OpenAI's responses", `{"output":[${wide("{}")}]}`],
])("a megabyte of empty %s costs a few, whole or in a stream", (_name, answer) => {
  const host = new BareHost(WASM, { dialog_log: { enabled: true, include_reasoning: true } });
  const stream = { ":status": "200", "content-type": "text/event-stream" };
  host.exchange(REQUEST, "{}", ANSWER, [answer]);
  host.exchange(REQUEST, "{}", stream, [`data: ${answer}\n\n`]);
  expect(host.memoryBytes / MIB).toBeLessThan(64);
});

/** What a request left in `ai_log`, which must be JSON. */
function logOf(host: BareHost): Record<string, unknown> {
  const text = JSON.parse(`"${host.properties.get("ai_log") ?? ""}"`) as string;
  return JSON.parse(text) as Record<string, unknown>;
}

test.each(["Infinity", "inf", "-Infinity", "+1e999", "1e999", "[1e999]", '{"a":-1e999}'])(
  "a number that no double holds is logged as a text: %s",
  (number) => {
    const host = new BareHost(WASM, {
      attributes: [
        { key: "question", apply_to_log: true },
        {
          key: "kept",
          value_source: "response_streaming_body",
          value: "odd",
          rule: "replace",
          apply_to_log: true,
        },
      ],
    });
    const stream = { ":status": "200", "content-type": "text/event-stream" };
    host.exchange(REQUEST, content(number), stream, [`data: {"odd":${number}}\n\n`]);
    expect(logOf(host)).toMatchObject({ question: number, kept: number });
  },
);

test("counts that no answer can have spoil no counter", () => {
  const host = new BareHost(WASM, {
    attributes: [
      {
        key: "output_token",
        value_source: "response_body",
        value: "mine",
        apply_to_log: true,
      },
    ],
    metrics: { price: [{ model: "*", input: 1, output: 1, cache_creation: 1 }] },
  });
  const huge = "9223372036854775807";
  for (const [mine, cached] of [
    ["1e300", huge],
    ["1", `-${huge}`],
  ] as const) {
    const usage = `"prompt_tokens":1,"completion_tokens":1,"cache_creation_input_tokens":5`;
    const details = `"cached_tokens":${cached},"cache_creation_input_tokens":${cached}`;
    const body = `{"model":"m","mine":${mine},"usage":{${usage},"prompt_tokens_details":{${details}}}}`;
    host.exchange(REQUEST, '{"model":"m"}', ANSWER, [body]);
  }
  const counts = [...host.metrics].filter(([name]) => /token$|cost/.test(name));
  expect(counts.length).toBeGreaterThan(3);
  for (const [name, count] of counts) {
    expect(count, name).toBeGreaterThan(0);
    expect(count, name).toBeLessThan(4e12);
  }
});

test.each([
  ["A".repeat(900_000), "A".repeat(256)],
  ["\u5f20".repeat(300), "\u5f20".repeat(85)],
  [`${"a".repeat(254)}\u{1f600}b`, "a".repeat(254)],
  ["a".repeat(256), "a".repeat(256)],
])("a model has 256 bytes at most, wherever its chunks are cut: %#", (model, expected) => {
  const host = new BareHost(WASM, { ai_log_extra: true, ...dialog });
  const escaped = [...model].map((char) =>
    Array.from({ length: char.length }, (_, i) => char.charCodeAt(i).toString(16))
      .map((unit) => `\\u${unit.padStart(4, "0")}`)
      .join(""),
  );
  for (const spelling of [model, escaped.join("")]) {
    const body = `{"model":"${spelling}","messages":[]}`;
    const chunks = body.length < 5000 ? [...body] : (body.match(/.{1,5000}/gu) ?? []);
    for (const parts of [[body], chunks]) {
      host.exchange(REQUEST, parts, ANSWER, ['{"usage":null}']);
      expect(logOf(host)).toMatchObject({ request_model: expected, model: expected });
      expect(host.properties.get("trace_span_tag.gen_ai.request.model")).toBe(expected);
      expect(dialogOf(host)).toMatchObject({ request_model: expected });
    }
  }
});

test("a model in a path has as many", () => {
  const host = new BareHost(WASM, { ai_log_extra: true });
  const path = `/v1beta/models/${"a".repeat(60_000)}:generateContent`;
  host.exchange({ ...REQUEST, ":path": path }, "{}", ANSWER, ["{}"]);
  expect(logOf(host)).toMatchObject({ request_model: "a".repeat(256) });
});

test("a model that is a list has its beginning for a name, and a key may be spelled with escapes", () => {
  const host = new BareHost(WASM, { ai_log_extra: true });
  const list = `["${"a,".repeat(2000)}"]`;
  for (const parts of [[`{"mod\\u0065l":${list}}`], [...'{"model":', list, "}"]]) {
    host.exchange(REQUEST, parts, ANSWER, ["{}"]);
    expect(logOf(host)).toMatchObject({ request_model: list.slice(0, 256) });
  }
});

test("details have no more names than any answer has", () => {
  const host = new BareHost(STEPPED, {});
  const names = Array.from({ length: 2500 }, (_, i) => `"n${String(i).padStart(6, "0")}":1`);
  const details = `{"cached_tokens":3,"${"x".repeat(100)}":1,${names.join(",")}}`;
  const event = `data: {"usage":{"prompt_tokens":9,"prompt_tokens_details":${details},"cache_read_input_tokens":2}}\n\n`;
  const before = host.steps;
  const stream = { ":status": "200", "content-type": "text/event-stream" };
  host.exchange(REQUEST, "{}", stream, Array<string>(32).fill(event));
  // Each name looked for among all of them: 100 steps a byte.
  expect((host.steps - before) / (32 * event.length)).toBeLessThan(5);
  const logged = logOf(host)["input_token_details"] as Record<string, number>;
  expect(Object.keys(logged)).toHaveLength(65);
  expect(logged).toMatchObject({ cached_tokens: 3, cache_read_input_tokens: 2 });
});

test("the dialogue log has no session that names somebody, and a word for why a model stopped", () => {
  const host = new BareHost(WASM, dialog);
  const open = new BareHost(WASM, { dialog_log: { enabled: true, mask: false } });
  const reason = JSON.stringify({ call: "+1 415 555 0123", rest: "x".repeat(500) });
  const answer = `{"choices":[{"finish_reason":${reason},"message":{"content":"a"}}]}`;
  const ask = (from: BareHost, session: string): Record<string, unknown> => {
    from.exchange({ ...REQUEST, "x-agent-session": session }, content('"q"'), ANSWER, [answer]);
    return dialogOf(from);
  };
  const named = "agent:main:whatsapp:dm:+15551234567";
  const record = ask(host, named);
  expect(record["session_id"]).toMatch(/^sha256:[0-9a-f]{8}$/);
  expect(ask(host, `${named}8`)["session_id"]).not.toBe(record["session_id"]);
  expect(ask(host, "agent:main:42")["session_id"]).toBe("agent:main:42");
  expect(ask(open, named)["session_id"]).toBe(named);
  expect(record["finish_reason"]).toMatch(/^\{"call":"\+\* \*{3} \*{3} \*{4}".{0,150}$/);
  expect(record["truncated"]).toBe(true);
});

/** What a request left in `ai_dialog`. */
function dialogOf(host: BareHost): Record<string, unknown> {
  const text = JSON.parse(`"${host.properties.get("ai_dialog") ?? ""}"`) as string;
  return JSON.parse(text) as Record<string, unknown>;
}

test("the span has the last usage that counts tokens, wherever chunks are cut", () => {
  const host = new BareHost(WASM, {});
  const stream = { ":status": "200", "content-type": "text/event-stream" };
  const events = [
    'data: {"model":"m","usage":{"prompt_tokens":1,"completion_tokens":5}}\n\n',
    'data: {"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}\n\n',
  ];
  for (const chunks of [events, [events.join("")]]) {
    host.exchange(REQUEST, "{}", stream, chunks);
    const tags = [...host.properties].filter(([name]) => name.includes("usage"));
    expect(tags.map(([, value]) => value)).toEqual(["1", "5", "6"]);
  }
});

test("all calls of a stream have one limit for their arguments, and each one for its names", () => {
  const host = new BareHost(WASM, { value_length_limit: 64 * MIB, ...logging("tool_calls") });
  const stream = { ":status": "200", "content-type": "text/event-stream" };
  const call = (index: number): string => {
    const called = { name: "n".repeat(100_000), arguments: "a".repeat(400_000) };
    const choices = [{ delta: { tool_calls: [{ index, id: "i", function: called }] } }];
    return `data: ${JSON.stringify({ choices })}\n\n`;
  };
  host.exchange(
    REQUEST,
    "{}",
    stream,
    Array.from({ length: 200 }, (_, index) => call(index)),
  );
  const calls = logOf(host)["tool_calls"] as { function: { name: string; arguments?: string } }[];
  expect(calls).toHaveLength(200);
  const length = (text = ""): number => text.length;
  expect(calls.every(({ function: { name } }) => name.length === 1024)).toBe(true);
  const all = calls.reduce((sum, { function: called }) => sum + length(called.arguments), 0);
  expect(all).toBe(16 * MIB);
});
