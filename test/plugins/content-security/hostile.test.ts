import { describe, expect, test } from "vitest";
import type { Json } from "proxy-wasm-test";
import { HOSTILE_BYTES } from "../../conformance/hostile-bytes.js";
import { Random } from "../../conformance/random.js";
import { countingSteps } from "../../support/steps.js";
import { BareHost } from "../ai-statistics/bare-host.js";
import { BUILDS, gateway, LOCAL, type Build } from "./support.js";

// What nobody sends who means well. No trap (the setup of these tests looks), no hang, and what is
// not denied arrives byte for byte.

const JSON_TYPE = "application/json";
const SSE_TYPE = "text/event-stream";
const URL = "http://a.test/v1/chat/completions";
const QUESTION = '{"model":"m","stream":true,"messages":[{"role":"user","content":"13812345678"}]}';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const event = (content: string) => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;

const BODIES: [string, Uint8Array][] = [
  ["no UTF-8", Buffer.from('{"messages":[{"content":"\xff\xfe\xc3(\xed\xa0\x80"}]}', "latin1")],
  ["NUL", bytes('{"messages":[{"content":"a\0b"}]}\0')],
  ["a lone surrogate", bytes('{"messages":[{"content":"\\ud83d \\udc00"}]}')],
  ["deep lists", bytes(`{"messages":${"[".repeat(200_000)}`)],
  ["deep objects", bytes(`{"messages":[{"content":${'{"a":'.repeat(100_000)}`)],
  ["5000 messages", bytes(messages(5_000, "hello"))],
  ["5000 parts", bytes(`{"messages":[{"content":[${texts(5_000)}]}]}`)],
  ["a message of 1 MB", bytes(messages(1, "é".repeat(500_000)))],
  ["wrong types", bytes('{"messages":[1,null,[],{"content":7},{"content":{"a":[]}},{"role":{}}]}')],
  ["messages that are none", bytes('{"messages":{"content":"x"},"stream":"yes"}')],
  ["a member twice", bytes('{"messages":[],"messages":[{"content":"x","content":"y"}]}')],
];

function messages(count: number, content: string): string {
  const one = JSON.stringify({ role: "user", content });
  return `{"model":"m","messages":[${Array(count).fill(one).join(",")}]}`;
}

function texts(count: number): string {
  return Array(count).fill('{"type":"text","text":"hello"}').join(",");
}

const STREAMS: [string, Uint8Array][] = [
  ["no UTF-8", Buffer.from(event("\xff\xc3(") + event("\x80"), "latin1")],
  ["NUL", bytes(`${event("a\0b")}\0\0\n\n`)],
  ["line feeds alone", bytes("\n".repeat(50_000))],
  ["no line feed at all", bytes("data: x".repeat(30_000))],
  ["returns alone", bytes("data: x\r\rdata: y\r\r".repeat(1000))],
  ["a byte order mark", bytes(`\ufeff${event("x")}`)],
  ["comments and fields", bytes(":\n:x\nfoo\nretry: 1\nid\ndata\ndata:\n\n".repeat(500))],
  ["a huge event", bytes(event("é".repeat(300_000)))],
  ["truncated JSON", bytes('data: {"choices":[{"delta":{"content":"x\n\n'.repeat(500))],
  ["deep nesting", bytes(`data: {"choices":${"[".repeat(100_000)}\n\n${event("x")}`)],
  ["500 choices", bytes(`data: {"choices":[${choices(500)}]}\n\n`)],
  ["halves of a placeholder", bytes(event("[[PHONE_CN_").repeat(500))],
  ["first letters of a word", bytes(event("内部代").repeat(500))],
  ["wrong types", bytes('data: {"choices":[1,{"delta":[]},{"delta":{"tool_calls":[7]}}]}\n\n')],
];

function choices(count: number): string {
  return Array.from(
    { length: count },
    (_, i) => `{"index":${i},"delta":{"content":"內${i}"}}`,
  ).join();
}

describe.each(BUILDS)("%s", (build: Build) => {
  test.each([...BODIES, ...HOSTILE_BYTES.map((body, i) => [`rubbish ${i}`, body] as const)])(
    "a request and an answer of %s pass as they came",
    async (_what, body) => {
      const host = await gateway(build, LOCAL, { type: JSON_TYPE, body });
      const headers = { "content-type": JSON_TYPE };
      const reply = await host.fetch(URL, { method: "POST", headers, body }).settle();
      expect(reply.status).toBe(200);
      expect(reply.upstream[0]!.body).toBe(Buffer.from(body).toString());
      expect(Buffer.from(reply.body).equals(body)).toBe(true);
      await host.close();
    },
  );

  test.each([...STREAMS, ...HOSTILE_BYTES.map((body, i) => [`rubbish ${i}`, body] as const)])(
    "a stream of %s passes as it came",
    async (_what, body) => {
      const host = await gateway(build, LOCAL, { type: SSE_TYPE, body });
      const headers = { "content-type": JSON_TYPE };
      const reply = await host.fetch(URL, { method: "POST", headers, body: QUESTION }).settle();
      expect(reply.status).toBe(200);
      expect(Buffer.from(reply.body).equals(body)).toBe(true);
      await host.close();
    },
  );
});

/** Looks everywhere that it can be told to. */
const EVERYWHERE = {
  deny_words: ["weapon"],
  deny_openai: false,
  deny_raw: true,
  deny_jsonpath: ["$..content", "$..*", "$.messages[-1]..text", "$['messages'][*]"],
};

test.each([...BODIES, ...HOSTILE_BYTES.map((body, i) => [`rubbish ${i}`, body] as const)])(
  "a request of %s passes paths and a look at the whole",
  async (_what, body) => {
    const host = await gateway("envoy", EVERYWHERE, { type: JSON_TYPE, body });
    const headers = { "content-type": JSON_TYPE };
    const reply = await host.fetch(URL, { method: "POST", headers, body }).settle();
    expect(reply.upstream[0]!.body).toBe(Buffer.from(body).toString());
    expect(Buffer.from(reply.body).equals(body)).toBe(true);
    await host.close();
  },
);

/** What no stream of Anthropic or of OpenAI's responses says. */
const ODD_EVENTS = [
  { type: "content_block_start", index: 1e30 },
  { type: "content_block_start", index: -5, content_block: null },
  { type: "content_block_stop", index: {} },
  { type: "response.created", response: [] },
  { type: "response.output_item.added", output_index: "9".repeat(40), item: { status: 7 } },
  { type: "response.output_item.added", item: "x", sequence_number: 1e300 },
  { type: "response.output_item.done", output_index: null },
  { type: ["message_start"] },
  { type: "message_start", message: 1 },
];

test.each(["message_start", "response.created"])(
  "after any odd events a stream of %s ends with events that are JSON",
  async (first) => {
    const random = new Random(12);
    for (let i = 0; i < 60; i++) {
      const odd = Array.from({ length: 9 }, () => ODD_EVENTS[random.below(ODD_EVENTS.length)]!);
      const last = { type: "content_block_delta", delta: { text: "内部代号" } };
      const events = [{ type: first }, ...odd, last, { type: "x" }];
      const body = bytes(events.map((object) => `data: ${JSON.stringify(object)}\n\n`).join(""));
      const host = await gateway("envoy", LOCAL, { type: SSE_TYPE, body });
      const reply = await host.fetch(URL, { method: "POST", body: QUESTION }).settle();
      const lines = reply
        .text()
        .split("\n")
        .filter((line) => line.startsWith("data: "));
      const types = lines.map((line) => (JSON.parse(line.slice(6)) as { type: unknown }).type);
      expect(types.at(-1)).toBe(first === "message_start" ? "message_stop" : "response.completed");
      expect(reply.text()).not.toContain("代号");
      await host.close();
    }
  },
);

test("a word behind any rubbish is still found in a stream", async () => {
  const random = new Random(11);
  for (let i = 0; i < 40; i++) {
    const [, rubbish] = STREAMS[random.below(STREAMS.length)]!;
    const body = Buffer.concat([rubbish, bytes(`\n\n${event("内部")}${event("代号")}`)]);
    const host = await gateway("envoy", LOCAL, { type: SSE_TYPE, body });
    const reply = await host.fetch(URL, { method: "POST", body: QUESTION }).settle();
    expect(reply.text()).toContain("from-security-guard");
    expect(reply.text()).not.toContain("代号");
    await host.close();
  }
});

// The other APIs read the same rubbish, and some of their own.
const APIS: Record<string, Json>[] = [
  { apiType: "image_generation" },
  { apiType: "image_generation", providerType: "qwen" },
  { apiType: "embedding" },
  { apiType: "mcp", requestContentJsonPath: "@this", responseStreamContentJsonPath: "choices" },
];
const ODD: [string, string][] = [
  ["deep input", `{"method":"tools/call","input":${'{"messages":['.repeat(50_000)}`],
  ["deep results", `{"input":["x"],"data":${'[{"a":'.repeat(50_000)}"x"`],
  ["wrong types", '{"input":{"messages":7,"reference_edge":[1],"images":{"a":[]}},"prompt":[[]]}'],
  ["wrong answers", '{"data":[1,null,[{"url":{}}]],"output":{"results":"x","choices":[[]]}}'],
  ["odd ids", '{"jsonrpc":"2.0","id":{"a":[1]},"method":"tools/call","params":null,"result":[]}'],
  ["a batch of rubbish", '[1,null,{"method":["tools/call"]},{"method":"tools/call"}]'],
];

test.each(APIS)("rubbish in bodies and streams of %o passes as it came", async (api) => {
  const bodies = [...BODIES, ...ODD.map(([name, body]) => [name, bytes(body)] as const)];
  for (const [what, body] of bodies) {
    for (const type of [JSON_TYPE, SSE_TYPE]) {
      const host = await gateway("envoy", { ...LOCAL, ...api }, { type, body });
      const headers = { "content-type": JSON_TYPE };
      const reply = await host.fetch(URL, { method: "POST", headers, body }).settle();
      expect(reply.status, what).toBe(200);
      expect(reply.upstream[0]!.bytes.length, what).toBe(body.length);
      expect(Buffer.from(reply.body).equals(body), what).toBe(true);
      await host.close();
    }
  }
});

// Members whose names begin alike were compared with each other: 200 of them cost 100 times as much.
test("members with long names that begin alike cost no more steps than others", () => {
  const wasm = countingSteps("build/envoy/content-security.wasm");
  const stepsOf = (name: (i: number) => string): number => {
    const members = Array.from({ length: 190 }, (_, i) => `"${name(i)}":1`).join(",");
    const part = `{"type":"x",${members}}`;
    const body = `{"messages":[{"role":"user","content":[${Array(10).fill(part).join(",")}]}]}`;
    const host = new BareHost(wasm, { rules: [{ words: ["weapon"] }] });
    const before = host.steps;
    const request = { ":path": "/v1/chat/completions", "content-type": JSON_TYPE };
    host.exchange(request, body, { ":status": "200" }, []);
    return host.steps - before;
  };
  const long = "x".repeat(500);
  const others = stepsOf((i) => `${i + 100}${long}`);
  expect(others).toBeGreaterThan(10 * 190 * long.length); // they were read
  expect(stepsOf((i) => `${long}${i + 100}`)).toBeLessThan(1.2 * others);
});
