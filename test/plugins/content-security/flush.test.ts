import { createHost, upstream, type Json, type Upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BUILDS, contentSecurity, type Build } from "./support.js";

// A model that is slow: what it said is judged after `flushIntervalMs`, whether a window is full or not.

const PROFILES = { envoy: "envoy-1.40", higress: "higress-2.2" } as const;
const EVERY = 1000;
const event = (content: string) => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;
const EVENTS = ["ab", "cd", "ef"].map(event);
const pass = () => upstream().reply(200, { body: '{"action":"NONE"}' });

async function slow(build: Build, config: Record<string, Json>, hook: Upstream = pass()) {
  const backend = { type: "webhook", cluster: "hook", serviceHost: "h.example.com" };
  const base = { backend, checkRequest: false, streamContextChars: 0 };
  const headers = { "content-type": "text/event-stream" };
  const host = await createHost({
    profile: PROFILES[build],
    plugins: [contentSecurity({ ...base, ...config }, build)],
    clusters: { backend: upstream().reply(200, { headers, chunks: EVENTS, every: EVERY }), hook },
    lifecycle: "single",
  });
  const stream = host.stream("POST http://a.test/v1/chat/completions", {
    headers: { "content-type": "application/json" },
  });
  await stream.headers();
  await stream.data('{"stream":true,"messages":[{"role":"user","content":"hi"}]}', { end: true });
  const texts = () =>
    host.clusters["hook"]!.requests.map(
      ({ body }) => (JSON.parse(body) as { texts: string[] }).texts[0],
    );
  return { host, stream, texts };
}

describe.each(BUILDS)("in the build for %s", (build) => {
  test("a window is asked about and goes on while the model is silent", async () => {
    const { host, stream, texts } = await slow(build, { flushIntervalMs: 250 });
    await host.clock.advance(200);
    expect(texts()).toEqual([]);
    await host.clock.advance(200);
    expect(texts()).toEqual(["ab"]);
    expect(host.calls("proxy_continue_stream").count).toBe(1);
    await host.clock.advance(EVERY);
    expect(texts()).toEqual(["ab", "cd"]);
    await host.clock.advance(2 * EVERY);
    expect((await stream.response()).text()).toBe(EVENTS.join(""));
    expect(texts()).toEqual(["ab", "cd", "ef"]);
  });

  test("one that is refused ends the stream at once", async () => {
    const hook = upstream().reply(200, { body: '{"action":"BLOCKED"}' });
    const { host, stream } = await slow(build, { flushIntervalMs: 100 }, hook);
    await host.clock.advance(300);
    expect(host.metrics.all["ai_sec_response_deny"]).toBe(1);
    await host.clock.advance(3 * EVERY);
    const text = (await stream.response()).text();
    expect(text).toContain("from-security-guard");
    expect(text).not.toContain('"ab"');
  });

  test("without it there are no ticks, and a window waits until it is full", async () => {
    const { host, stream, texts } = await slow(build, {});
    expect(host.calls("proxy_set_tick_period_milliseconds").count).toBe(0);
    await host.clock.advance(4 * EVERY);
    expect((await stream.response()).text()).toBe(EVENTS.join(""));
    expect(texts()).toEqual(["abcdef"]);
  });

  test("a stream that is gone is asked about no more", async () => {
    const { host, stream, texts } = await slow(build, { flushIntervalMs: 300 });
    await stream.abort();
    await host.clock.advance(2 * EVERY);
    expect(texts()).toEqual([]);
  });

  test("a service that is of no use at a tick loses nothing", async () => {
    const hook = upstream().refuse();
    const { host, stream } = await slow(
      build,
      { flushIntervalMs: 100, onUnreadable: "pass" },
      hook,
    );
    await host.clock.advance(4 * EVERY);
    expect((await stream.response()).text()).toBe(EVENTS.join(""));
  });
});
