import { expect, test } from "vitest";
import { BareHost } from "./bare-host.js";

// What clients and upstreams send to cost a worker its memory, or to spoil what is written and counted.

const WASM = "build/envoy/ai-statistics.wasm";
const REQUEST = { ":path": "/v1/chat/completions", "content-type": "application/json" };
const ANSWER = { ":status": "200", "content-type": "application/json" };
const MIB = 1_048_576;

const dialog = { dialog_log: { enabled: true } };

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
  ["numbers", logging("question"), content(`[${wide("0.1")}]`), 80],
  ["empty objects", logging("question"), content(`[${wide("{}")}]`), 64],
  ["messages", logging("question"), `{"messages":[${wide("0")}]}`, 24],
  ["messages in the dialogue", dialog, `{"messages":[${wide("0")}]}`, 24],
])("a megabyte of %s costs a few", (_name, configuration, body, limit) => {
  const host = new BareHost(WASM, configuration);
  host.exchange(REQUEST, body, ANSWER, ["{}"]);
  expect(host.properties.get("ai_log")).toBeDefined();
  expect(host.memoryBytes / MIB).toBeLessThan(limit);
});

test.each([
  ["[", "]", 505],
  ["[0,", ", 1 ]", 505],
])("levels of %s…%s are walked over once", (open, close, depth) => {
  const host = new BareHost(WASM, {
    value_length_limit: 2 * MIB,
    max_request_body_bytes: 2 * MIB,
    ...logging("question"),
  });
  const nested = `${open.repeat(depth)}${wide('"\\n"')}${close.repeat(depth)}`;
  const start = performance.now();
  host.exchange(REQUEST, content(nested), ANSWER, ["{}"]);
  expect(performance.now() - start).toBeLessThan(500);
  expect(logOf(host)["question"]).toEqual(JSON.parse(nested));
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
