import { createHost, upstream, type Host, type Json, type UpstreamSink } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BUILDS, contentSecurity, type Build } from "./support.js";

// Answers that begin before their request is complete, streams of events without an end, upgrades.

const PROFILES = { envoy: "envoy-1.40", higress: "higress-2.2" } as const;
const URL = "http://a.test/v1/chat/completions";
const JSON_TYPE = { "content-type": "application/json" };
const RULES = [{ name: "forbidden", words: ["weapon"] }];

const open = (build: Build, config: Record<string, Json>, backend: ReturnType<typeof upstream>) =>
  createHost({
    profile: PROFILES[build],
    plugins: [contentSecurity({ rules: RULES, ...config }, build)],
    clusters: { backend },
    lifecycle: "single",
    trace: false,
  });

describe.each(BUILDS)("%s", (build) => {
  // The answer's headers come with those of the request, its end when the test says so.
  test.each([401, 200])("a request behind the beginning of a %i never goes on", async (status) => {
    let sink: UpstreamSink | undefined;
    const early = upstream();
    const handler = Object.assign(Object.create(early) as typeof early, {
      open(request: Parameters<typeof early.open>[0], to: UpstreamSink) {
        early.requests.push(request);
        sink = to;
        to.headers([
          [":status", `${status}`],
          ["content-type", "application/json"],
        ]);
      },
    });
    const host = await open(build, { requestScope: "all" }, handler);
    const stream = host.stream(`POST ${URL}`, { headers: JSON_TYPE });
    await stream.data('{"messages":[{"role":"user","con');
    await stream.data('tent":"a weapon"}]}', { end: true });
    expect(host.clusters["backend"]!.last!.body).toBe("");
    sink!.data("{}", true);
    const answer = await stream.response();
    expect(answer.status).toBe(status);
    expect(host.clusters["backend"]!.last!.body).toBe("");
  });
});

const event = (content: string) => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;

async function streamed(chunks: string[], config: Record<string, Json>): Promise<[string, Host]> {
  const headers = { "content-type": "text/event-stream" };
  const host = await open("envoy", config, upstream().reply(200, { headers, chunks }));
  const body = '{"stream":true,"messages":[]}';
  const reply = await host.fetch(URL, { method: "POST", headers: JSON_TYPE, body }).settle();
  return [reply.text(), host];
}

describe("an event that is longer than maxBodyBytes", () => {
  const long = ["data: ", ...Array<string>(320).fill("x".repeat(1 << 16))];
  const config = { maxBodyBytes: 1000, onUnreadable: "pass" };

  test("flows, and is not kept", async () => {
    const [got, host] = await streamed(long, config);
    expect(got.length).toBe(long.join("").length);
    expect(host.memorySize).toBeLessThan(8 << 20);
  });

  test("what comes behind it is judged", async () => {
    const [got] = await streamed(
      [...long, `\n\n${event("hi")}${event("a wea")}`, event("pon")],
      config,
    );
    expect(got).toContain('"content":"hi"');
    expect(got).not.toContain("pon");
    expect(got).toContain("from-security-guard");
  });

  test("ends the stream with onUnreadable: deny", async () => {
    const [got] = await streamed([event("hi"), ...long], { maxBodyBytes: 1000 });
    expect(got.startsWith(event("hi"))).toBe(true);
    expect(got).toContain("from-security-guard");
    expect(got.length).toBeLessThan(5000);
  });
});

// The first window is with its judge for a second, and the rest comes meanwhile.
test.each([
  ["passes", 200, '{"action":"NONE"}'],
  ["masks", 200, '{"action":"GUARDRAIL_INTERVENED","texts":["[HI]"]}'],
  ["denies", 200, '{"action":"BLOCKED","blocked_reason":"no"}'],
  ["fails", 500, ""],
])("an event that is too long while a judge thinks who %s: one refusal", async (_, code, body) => {
  const headers = { "content-type": "text/event-stream" };
  const long = `data: ${"x".repeat(700)}`;
  const chunks = [event("hello"), long, long, `\n\n${event("more")}`, "data: [DONE]\n\n"];
  const host = await createHost({
    profile: "envoy-1.40",
    plugins: [
      contentSecurity({
        backend: { type: "webhook", cluster: "hook", serviceHost: "h" },
        checkRequest: false,
        bufferLimit: 4,
        maxBodyBytes: 1000,
      }),
    ],
    clusters: {
      backend: upstream().reply(200, { headers, chunks, every: 100 }),
      hook: upstream().after(1000).reply(code, { body }),
    },
    lifecycle: "single",
    trace: false,
  });
  const request = { method: "POST", headers: JSON_TYPE, body: '{"stream":true,"messages":[]}' };
  const got = (await host.fetch(URL, request).settle()).text();
  expect(got.split("[DONE]").length).toBe(2);
  expect(got.split('"finish_reason":"stop"').length).toBe(2);
  expect(got).not.toContain("more");
  expect(host.metrics.all["ai_sec_response_deny"]).toBe(1);
  await host.close();
});

test.each([
  ["a service", "hi", { backend: { type: "chat-guard", cluster: "guard" } }],
  ["what may be a word", "a wea", {}],
])("events without text do not wait for ever: %s", async (_name, text, more) => {
  const silent = `data: {"choices":[{"delta":{},"blob":"${"x".repeat(1 << 16)}"}]}\n\n`;
  const chunks = [event(text), ...Array<string>(320).fill(silent)];
  const config = { ...more, bufferTrigger: "chars", maxBodyBytes: 1 << 20 };
  const [got, host] = await streamed(chunks, config);
  expect(got).toBe(chunks.join(""));
  expect(host.memorySize).toBeLessThan(12 << 20);
});

test.each(["Upgrade", "upgrade"])("frames of a WebSocket pass: %s", async (connection) => {
  const seen: string[] = [];
  const backend = upstream().handle((request) => {
    seen.push(request.path);
    return { status: 101, headers: { upgrade: "websocket", connection }, body: "a weapon" };
  });
  const host = await open("envoy", { body_phase: "hold_headers" }, backend);
  const headers = { connection, upgrade: "websocket" };
  const reply = await host.fetch("http://a.test/ws", { headers }).settle();
  expect([reply.status, reply.text(), reply.filterState]).toEqual([101, "a weapon", {}]);
  expect(seen).toEqual(["/ws"]);
});
