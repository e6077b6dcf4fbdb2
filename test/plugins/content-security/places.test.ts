import { createHost, upstream, type Host, type Json } from "proxy-wasm-test";
import { beforeEach, describe, expect, test } from "vitest";
import { contentSecurity } from "./support.js";

// Wherever an API has a text, rules see it: in requests, in answers, in events of streams.

const RULES: Json = [
  { name: "forbidden", words: ["weapon"] },
  { name: "phones", builtin: "phone_cn", action: "mask" },
];
const PHONE = "13812345678";
const MASKED = "[[PHONE_CN_1]]";
const REFUSED = "from-security-guard";
const JSON_TYPE = { "content-type": "application/json" };
const CHAT = "/v1/chat/completions";

let host: Host;
/** What the model says. */
let answer: { type: string; chunks: string[] } = { type: "application/json", chunks: ["{}"] };

async function open(config: Record<string, Json>): Promise<void> {
  host = await createHost({
    plugins: [contentSecurity({ requestScope: "all", rules: RULES, ...config })],
    clusters: {
      backend: upstream().handle(() => ({
        status: 200,
        headers: { "content-type": answer.type },
        chunks: answer.chunks,
      })),
    },
    lifecycle: "single",
    trace: false,
  });
}

async function ask(path: string, body: string) {
  const headers = JSON_TYPE;
  const before = host.clusters["backend"]!.requests.length;
  const reply = await host
    .fetch(`http://a.test${path}`, { method: "POST", headers, body })
    .settle();
  const sent = host.clusters["backend"]!.requests[before];
  // Of a refused request the headers may have gone on.
  return { text: reply.text(), sent: sent === undefined ? "" : sent.body };
}

const say = (...messages: Json[]) => ({ messages });
const part = (content: Json) => say({ role: "user", content: [content] });
const item = (content: Record<string, Json>) => ({
  input: [{ role: "user", content: "hi" }, content],
});

/** A request for each place; `@` is the text. */
const REQUESTS: Record<string, [string, Json]> = {
  "responses' input at /responses/": ["/v1/responses/", { input: "@" }],
  "responses' input, the path escaped": ["/v1/response%73", { input: "@" }],
  "responses' input at a path of the route's": ["/v1/x", { input: "@" }],
  "responses' input beside messages": [
    "/v1/x",
    { ...say({ role: "user", content: "hi" }), input: "@" },
  ],
  "a tool's output": [
    "/v1/responses",
    item({ type: "function_call_output", call_id: "c", output: "@" }),
  ],
  "a tool's output as a list": [
    "/v1/responses",
    item({
      type: "function_call_output",
      call_id: "c",
      output: [{ type: "input_text", text: "@" }],
    }),
  ],
  "the input of a custom tool": [
    "/v1/responses",
    item({ type: "custom_tool_call", call_id: "c", name: "f", input: "@" }),
  ],
  "what a server of tools gave": [
    "/v1/responses",
    item({ type: "mcp_call", id: "m", name: "f", arguments: "{}", output: "@" }),
  ],
  "code that was run": [
    "/v1/responses",
    item({ type: "code_interpreter_call", id: "c", code: "@", outputs: [] }),
  ],
  "variables of a stored prompt": [
    "/v1/responses",
    { prompt: { id: "p", variables: { who: "@" } } },
  ],
  "earlier thoughts": [CHAT, say({ role: "assistant", content: "hi", reasoning: "@" })],
  "a refusal": [CHAT, say({ role: "assistant", content: null, refusal: "@" })],
  "a part that refuses": [CHAT, part({ type: "refusal", refusal: "@" })],
  "the call of a function": [
    CHAT,
    say({ role: "assistant", content: null, function_call: { name: "f", arguments: '"@"' } }),
  ],
  "the call of a tool": [
    CHAT,
    say({
      role: "assistant",
      tool_calls: [{ id: "1", type: "function", function: { name: "f", arguments: '"@"' } }],
    }),
  ],
  "the call of a tool with an object": [
    CHAT,
    say({ role: "assistant", tool_calls: [{ function: { name: "f", arguments: { a: ["@"] } } }] }),
  ],
  "the call of a custom tool": [
    CHAT,
    say({ role: "assistant", tool_calls: [{ id: "1", type: "custom", custom: { input: "@" } }] }),
  ],
  "a document": [
    "/v1/messages",
    part({ type: "document", source: { type: "text", media_type: "text/plain", data: "@" } }),
  ],
  "a document of parts": [
    "/v1/messages",
    part({ type: "document", source: { type: "content", content: [{ type: "text", text: "@" }] } }),
  ],
  "a search result": [
    "/v1/messages",
    part({ type: "search_result", title: "t", content: [{ type: "text", text: "@" }] }),
  ],
  "a part in a result of a tool": [
    "/v1/messages",
    part({ type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "@" }] }),
  ],
  "a part that nobody knows": [CHAT, part({ type: "poem", id: "p", lines: [{ line: "@" }] })],
  "a part of an unknown type with a text": [CHAT, part({ type: "poem", text: "@" })],
};

const filled = (body: Json, text: string) => JSON.stringify(body).replace("@", text);

describe("requests", () => {
  beforeEach(() => open({}));

  test.each(Object.entries(REQUESTS))("%s", async (_place, [path, body]) => {
    const refused = await ask(path, filled(body, "a weapon"));
    expect(refused.sent).toBe("");
    expect(refused.text).toContain(REFUSED);
    const masked = await ask(path, filled(body, `call ${PHONE}`));
    expect(masked.sent).toBe(filled(body, `call ${MASKED}`));
    const passed = await ask(path, filled(body, "a flower"));
    expect(passed.sent).toBe(filled(body, "a flower"));
  });

  // What names things is no text: another name would break the conversation.
  test.each<[string, Json]>([
    ["the id of a tool's call", say({ role: "tool", tool_call_id: PHONE, content: "" })],
    ["an image", part({ type: "image", source: { type: "base64", media_type: "i", data: PHONE } })],
    ["thoughts that are kept secret", part({ type: "redacted_thinking", data: PHONE })],
    ["a file", part({ type: "file", file: { file_id: PHONE, file_data: PHONE } })],
    ["an item", { input: [{ type: "item_reference", id: PHONE }] }],
  ])("%s stays", async (_place, body) => {
    expect((await ask(CHAT, JSON.stringify(body))).sent).toBe(JSON.stringify(body));
  });

  test("a text that lies deep is judged as it stands", async () => {
    let content = '"a weapon"';
    for (let depth = 0; depth < 40; depth++)
      content = `[{"type":"tool_result","content":${content}}]`;
    const { sent } = await ask(CHAT, `{"messages":[{"role":"user","content":${content}}]}`);
    expect(sent).toBe("");
  });
});

/** Two members of one name: the second one is what many servers read. */
const TWINS: Record<string, string> = {
  "two texts": '{"role":"user","content":[{"type":"text","text":"hi","text":"weapon"}]}',
  "two types": '{"role":"user","content":[{"type":"x","type":"text","text":"hi"}]}',
  "two functions":
    '{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"a"},"function":{"arguments":"b"}}]}',
  "two arguments":
    '{"role":"assistant","tool_calls":[{"function":{"arguments":"a","Arguments":"b"}}]}',
  "two roles": '{"role":"user","role":"system","content":"hi"}',
};

describe("members of one name", () => {
  test.each(["deny", "pass"])("%s", async (onUnreadable) => {
    await open({ onUnreadable, rules: [{ name: "other", words: ["other"] }] });
    for (const message of Object.values(TWINS)) {
      const body = `{"messages":[${message}]}`;
      const { sent, text } = await ask(CHAT, body);
      expect(sent).toBe(onUnreadable === "pass" ? body : "");
      if (onUnreadable === "deny") expect(text).toContain(REFUSED);
    }
    const names = '{"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}';
    expect((await ask(CHAT, names)).sent).toBe(names);
  });
});

describe("what others may read differently", () => {
  beforeEach(() => open({ rules: [{ name: "other", words: ["other"] }] }));

  test.each([
    [199, true],
    [250, false],
  ])("a message with %i members", async (count, passes) => {
    const more = Array.from({ length: count - 1 }, (_, i) => `"m${i}":0`).join(",");
    const body = `{"messages":[{"content":"hi",${more}}]}`;
    expect((await ask(CHAT, body)).sent).toBe(passes ? body : "");
  });

  test.each<[string, BufferEncoding, number[]]>([
    ["UTF-16, marked", "utf16le", [0xff, 0xfe]],
    ["UTF-16, not marked", "utf16le", []],
    ["UTF-8, marked", "utf8", [0xef, 0xbb, 0xbf]],
  ])("a request in %s", async (_name, encoding, mark) => {
    const text = '{"messages":[{"role":"user","content":"hi"}]}';
    const body = Buffer.concat([Buffer.from(mark), Buffer.from(text, encoding)]);
    const reply = await host
      .fetch(`http://a.test${CHAT}`, { method: "POST", headers: JSON_TYPE, body })
      .settle();
    const sent = reply.upstream[0]?.bytes ?? new Uint8Array();
    expect(Buffer.from(sent).equals(body)).toBe(encoding === "utf8");
  });
});

const delta = (value: Json) => ({ choices: [{ index: 0, delta: value }] });
const events = (...list: Json[]) =>
  [...list.map((event) => JSON.stringify(event)), "[DONE]"].map((data) => `data: ${data}\n\n`);

const detailed = (text: string) => ({
  reasoning_details: [{ type: "reasoning.text", text, format: "f", signature: "s", index: 0 }],
});

/** An event for each place. */
const EVENTS: Record<string, (text: string) => Json> = {
  "a text": (text) => delta({ content: text }),
  "a list of parts": (text) => delta({ content: [{ type: "text", text }] }),
  "thoughts in a list": (text) =>
    delta({ content: [{ type: "thinking", thinking: [{ type: "text", text }] }] }),
  "thoughts of their own": (text) => delta({ reasoning_content: [{ type: "text", text }] }),
  "thoughts of vLLM": (text) => delta({ reasoning: text }),
  "thoughts of OpenRouter": (text) => delta({ content: "", reasoning: text, ...detailed(text) }),
  "what is spoken": (text) => delta({ audio: { id: "a", transcript: text, data: "aGk=" } }),
  "the call of a custom tool": (text) =>
    delta({ tool_calls: [{ index: 0, type: "custom", custom: { name: "f", input: text } }] }),
  "a refusal": (text) => delta({ refusal: text }),
  "the call of a function": (text) => delta({ function_call: { arguments: text } }),
};

async function streamed(chunks: string[]): Promise<string> {
  answer = { type: "text/event-stream", chunks };
  return (await ask(CHAT, '{"stream":true,"messages":[{"role":"user","content":"hi"}]}')).text;
}

describe("streams", () => {
  beforeEach(() => open({}));

  test.each(Object.entries(EVENTS))("%s", async (_place, of) => {
    const refused = await streamed(events(of("a wea"), of("pon")));
    expect(refused).toContain(REFUSED);
    expect(refused).not.toContain("pon");
    const masked = await streamed(events(of("call 138"), of("12345678."), of("bye")));
    expect(masked).toContain(MASKED);
    expect(masked).not.toContain("12345678");
    const passed = events(of("a flower"), of("or two"));
    expect(await streamed(passed)).toBe(passed.join(""));
  });
});

/** What a client may ask for beside a text says all of it once more. */
const TOKENS = (text: string): Json => ({ content: [{ token: text, bytes: [49], logprob: -1 }] });

test("tokens of what is masked go, too", async () => {
  await open({});
  const of = (text: string): Json => ({
    choices: [{ index: 0, delta: { content: text }, logprobs: TOKENS(text) }],
  });
  const stream = events(of("call 138"), of("12345678."), of("bye"));
  const got = await streamed(stream);
  const masked = { index: 0, delta: { content: `call ${MASKED}` }, logprobs: null };
  expect(got).toContain(events({ choices: [masked] })[0]);
  expect(got).not.toContain("12345678");
  expect(got).toContain(stream[2]);

  const choice = (text: string) => ({ message: { content: text }, logprobs: TOKENS(text) });
  answer = { type: "application/json", chunks: [JSON.stringify({ choices: [choice(PHONE)] })] };
  const told = await ask(CHAT, '{"messages":[{"role":"user","content":"hi"}]}');
  const left = { message: { content: MASKED }, logprobs: null };
  expect(told.text).toBe(JSON.stringify({ choices: [left] }));

  const part = (text: string, logprobs: Json) => ({ type: "output_text", text, logprobs });
  const output = (content: Json) => JSON.stringify({ output: [{ content: [content] }] });
  answer = { type: "application/json", chunks: [output(part(PHONE, [{ token: PHONE }]))] };
  const responded = await ask("/v1/responses", '{"input":"hi"}');
  expect(responded.text).toBe(output(part(MASKED, [])));
});

describe("streams of APIs that nobody knows", () => {
  const gemini = (text: string): Json => ({ candidates: [{ content: { parts: [{ text }] } }] });

  test("are read by path", async () => {
    await open({ responseStreamContentJsonPath: "candidates.0.content.parts.0.text" });
    expect(await streamed(events(gemini("a wea"), gemini("pon")))).toContain(REFUSED);
    expect(await streamed(events(gemini("call 138"), gemini("12345678.")))).toContain(MASKED);
    const chat = events(delta({ content: "a wea" }), delta({ content: "pon" }));
    expect(await streamed(chat)).toContain(REFUSED);
  });
});

/** An answer for each place. */
const ANSWERS: Record<string, Json> = {
  "a refusal": { choices: [{ message: { role: "assistant", content: null, refusal: "@" } }] },
  "thoughts beside a text": { choices: [{ message: { content: "hi", reasoning: "@" } }] },
  "details of thoughts": { choices: [{ message: { content: "hi", ...detailed("@") } }] },
  "the call of a function": { choices: [{ message: { function_call: { arguments: "@" } } }] },
  "a tool's output": {
    output: [{ type: "mcp_call", output: [{ type: "output_text", text: "@" }] }],
  },
  "code that was run": { output: [{ type: "code_interpreter_call", code: "@" }] },
  "the input of a custom tool": { output: [{ type: "custom_tool_call", input: "@" }] },
};

describe("answers", () => {
  beforeEach(() => open({}));

  test.each(Object.entries(ANSWERS))("%s", async (_place, body) => {
    const told = async (text: string) => {
      answer = { type: "application/json", chunks: [filled(body, text)] };
      return (await ask(CHAT, '{"messages":[{"role":"user","content":"hi"}]}')).text;
    };
    expect(await told("a weapon")).toContain(REFUSED);
    expect(await told(`call ${PHONE}`)).toBe(filled(body, `call ${MASKED}`));
    expect(await told("a flower")).toBe(filled(body, "a flower"));
  });
});

// `normalize:` with nothing behind it, in YAML.
test("null is what is left out", async () => {
  const fields = ["checkRequest", "checkResponse", "normalize", "streamHoldback"];
  await open(Object.fromEntries(fields.map((field) => [field, null])));
  const request = JSON.stringify(say({ role: "user", content: "ｗｅａｐｏｎ" }));
  expect((await ask(CHAT, request)).sent).toBe("");
  const told = await streamed(events(delta({ content: "a wea" }), delta({ content: "pon" })));
  expect(told).not.toContain("wea");
});
