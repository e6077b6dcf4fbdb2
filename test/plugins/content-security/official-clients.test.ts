import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import type { Host, Json } from "proxy-wasm-test";
import { afterEach, describe, expect, test } from "vitest";
import { BUILDS, gateway, type Build } from "./support.js";

// What the official clients make of refusals: each must end as an answer of the model would.

const NO = "我不能";
const OURS: Record<string, Json> = {
  denyMessage: NO,
  rules: [
    { name: "forbidden", words: ["weapon"], phase: "request" },
    { name: "leaks", words: ["内部代号"], phase: "response" },
  ],
};
const JSON_TYPE = "application/json";
const SSE_TYPE = "text/event-stream";
const OK = { type: JSON_TYPE, body: "{}" };

let host: Host;
afterEach(() => host.close());

async function start(build: Build, config: Record<string, Json>, answer = OK): Promise<void> {
  host = await gateway(build, config, answer);
}

/** The gateway as the clients want to reach it. */
async function viaGateway(url: string | URL | Request, init?: RequestInit): Promise<Response> {
  const path = new URL(url instanceof Request ? url.url : url).pathname;
  const headers = Object.fromEntries(new Headers(init?.headers).entries());
  const body = String(init?.body);
  const request = { method: init?.method ?? "POST", headers, body };
  const {
    status,
    headers: sent,
    body: bytes,
  } = await host.fetch(`http://a.test${path}`, request).settle();
  return new Response(Buffer.from(bytes), { status, headers: new Headers([...sent]) });
}

const anthropic = () =>
  new Anthropic({ apiKey: "k", baseURL: "http://a.test", maxRetries: 0, fetch: viaGateway });
const openai = () =>
  new OpenAI({ apiKey: "k", baseURL: "http://a.test/v1", maxRetries: 0, fetch: viaGateway });

const message = (content: string) => ({
  model: "claude",
  max_tokens: 9,
  messages: [{ role: "user" as const, content }],
});
const chat = (content: string) => ({ model: "m", messages: [{ role: "user" as const, content }] });

/** A stream whose events name their type, as Anthropic's and OpenAI's responses. */
function events(...objects: { type: string }[]): { type: string; body: string } {
  const lines = objects.map(
    (object) => `event: ${object.type}\ndata: ${JSON.stringify(object)}\n\n`,
  );
  return { type: SSE_TYPE, body: lines.join("") };
}

const MESSAGE_START = {
  type: "message_start",
  message: {
    ...{ id: "m1", type: "message", role: "assistant", model: "claude", content: [] },
    ...{ stop_reason: null, stop_sequence: null, usage: { input_tokens: 1, output_tokens: 1 } },
  },
};
const block = (index: number, content_block: object) => ({
  ...{ type: "content_block_start", index, content_block },
});
const delta = (index: number, delta: object) => ({ type: "content_block_delta", index, delta });

describe.each(BUILDS)("Anthropic's client, %s", (build) => {
  test("a refused request", async () => {
    await start(build, OURS);
    const answer = await anthropic().messages.create(message("a weapon"));
    expect(answer.content).toEqual([{ type: "text", text: NO }]);
    expect(answer.stop_reason).toBe("end_turn");
  });

  test("a refused request for a stream", async () => {
    await start(build, OURS);
    const answer = await anthropic().messages.stream(message("a weapon")).finalMessage();
    expect(answer.content).toEqual([{ type: "text", text: NO }]);
    expect(answer).toMatchObject({ stop_reason: "end_turn", usage: { output_tokens: 0 } });
  });

  test("a refused answer", async () => {
    const content = [{ type: "text", text: "das 内部代号" }];
    const body = JSON.stringify({ ...MESSAGE_START.message, content });
    await start(build, OURS, { type: JSON_TYPE, body });
    const answer = await anthropic().messages.create(message("hi"));
    expect(answer.content).toEqual([{ type: "text", text: NO }]);
  });

  test("a stream that is refused in the middle of a text", async () => {
    const answer = events(
      MESSAGE_START,
      block(0, { type: "text", text: "" }),
      delta(0, { type: "text_delta", text: "Fine. " }),
      delta(0, { type: "text_delta", text: "内部" }),
      delta(0, { type: "text_delta", text: "代号" }),
      { type: "message_stop" },
    );
    await start(build, OURS, answer);
    const final = await anthropic().messages.stream(message("hi")).finalMessage();
    const texts = final.content.map((part) => (part.type === "text" ? part.text : part.type));
    expect(texts).toEqual(["Fine. ", NO]);
    expect(final.stop_reason).toBe("end_turn");
  });

  test("a stream that is refused in the input of a tool", async () => {
    const answer = events(
      MESSAGE_START,
      block(0, { type: "tool_use", id: "t1", name: "f", input: {} }),
      delta(0, { type: "input_json_delta", partial_json: '{"a":"x' }),
      delta(0, { type: "input_json_delta", partial_json: '内部代号"}' }),
      { type: "message_stop" },
    );
    await start(build, OURS, answer);
    const final = await anthropic().messages.stream(message("hi")).finalMessage();
    expect(final.content.map((part) => part.type)).toEqual(["tool_use", "text"]);
    expect(final.stop_reason).toBe("end_turn");
  });
});

const RESPONSE = { id: "r1", object: "response", created_at: 1, status: "in_progress", output: [] };
const ITEM = { id: "i1", type: "message", status: "in_progress", role: "assistant", content: [] };
const AT = { item_id: "i1", output_index: 0, content_index: 0 };
const PART = { type: "output_text", text: "", annotations: [] };

describe.each(BUILDS)("OpenAI's client, responses, %s", (build) => {
  test("a refused request", async () => {
    await start(build, OURS);
    const answer = await openai().responses.create({ model: "m", input: "a weapon" });
    expect(answer).toMatchObject({ output_text: NO, status: "completed", error: null });
  });

  test("a refused request for a stream", async () => {
    await start(build, OURS);
    const stream = openai().responses.stream({ model: "m", input: "a weapon" });
    expect(await stream.finalResponse()).toMatchObject({ output_text: NO, status: "completed" });
  });

  test("a refused answer", async () => {
    const content = [{ ...PART, text: "内部代号" }];
    const body = JSON.stringify({ ...RESPONSE, output: [{ ...ITEM, content }] });
    await start(build, OURS, { type: JSON_TYPE, body });
    const answer = await openai().responses.create({ model: "m", input: "hi" });
    expect(answer.output_text).toBe(NO);
  });

  test("a stream that is refused in the middle of a text", async () => {
    const numbered = [
      { type: "response.created", response: RESPONSE },
      { type: "response.output_item.added", output_index: 0, item: ITEM },
      { type: "response.content_part.added", ...AT, part: PART },
      { type: "response.output_text.delta", ...AT, delta: "Fine. " },
      { type: "response.output_text.delta", ...AT, delta: "内部代号" },
    ].map((object, sequence_number) => ({ ...object, sequence_number }));
    await start(build, OURS, events(...numbered));
    const seen: number[] = [];
    const stream = openai().responses.stream({ model: "m", input: "hi" });
    stream.on("event", (event) =>
      seen.push((event as { sequence_number: number }).sequence_number),
    );
    const final = await stream.finalResponse();
    expect(final).toMatchObject({ id: "r1", output_text: NO, status: "completed" });
    expect(seen).toEqual(seen.map((_, i) => i));
  });
});

const GUARDED: [string, Record<string, Json>][] = [
  ["ours", OURS],
  ["ours, structured", { ...OURS, openAIDenyResponseFormat: "structured" }],
  ["ai-data-masking", { deny_words: ["weapon"], deny_message: NO }],
  ["ai-security-guard", { ...cloud(), denyMessage: NO, openAIDenyResponseFormat: "structured" }],
  ["qwen3guard", { ...OURS, ...guard() }],
];

function cloud(): Record<string, Json> {
  const service = { serviceName: "g.dns", servicePort: 443, serviceHost: "h" };
  return { ...OURS, ...service, accessKey: "a", secretKey: "s", checkRequest: true };
}

function guard(): Record<string, Json> {
  return { serviceSource: "ip", serviceName: "guard", servicePort: 8000 };
}

describe.each(GUARDED)("OpenAI's client, chats, %s", (_name, config) => {
  test("a refused request", async () => {
    await start("envoy", config);
    const answer = await openai().chat.completions.create(chat("a weapon"));
    expect(answer.choices[0]!.message).toMatchObject({ role: "assistant", content: NO });
  });

  test("a refused request for a stream", async () => {
    await start("envoy", config);
    const stream = await openai().chat.completions.create({ ...chat("a weapon"), stream: true });
    let text = "";
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
    expect(text).toBe(NO);
  });
});
