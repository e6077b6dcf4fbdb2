import { createHost, upstream, type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BUILDS, contentSecurity, type Build } from "./support.js";

// A model that is faster than its judge: what waits for a verdict has a bound.

const PROFILES = { envoy: "envoy-1.40", higress: "higress-2.2" } as const;
const LIMIT = 4000;
const event = (content: string) => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;
const EVENTS = Array.from({ length: 40 }, (_, i) => event(`${i}`.padStart(3, "0").repeat(100)));

const ALL = EVENTS.join("");

async function flood(build: Build, config: Record<string, Json>, hook = upstream().never()) {
  const backend = { type: "webhook", cluster: "hook", serviceHost: "h.example.com", timeout: 9000 };
  const base = { backend, checkRequest: false, bufferLimit: 100, maxBodyBytes: LIMIT };
  const headers = { "content-type": "text/event-stream" };
  const host = await createHost({
    profile: PROFILES[build],
    plugins: [contentSecurity({ ...base, ...config }, build)],
    clusters: { backend: upstream().reply(200, { headers, chunks: EVENTS }), hook },
    lifecycle: "single",
    trace: false,
  });
  const init = {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"stream":true,"messages":[{"role":"user","content":"hi"}]}',
  };
  const answer = await host.fetch("http://a.test/v1/chat/completions", init).settle();
  return { host, text: answer.text() };
}

describe.each(BUILDS)("in the build for %s", (build) => {
  test("what waits for too long a verdict passes with `onUnreadable: pass`", async () => {
    const { host, text } = await flood(build, { onUnreadable: "pass" });
    expect(text).toBe(ALL);
    expect(host.metrics.all["ai_sec_error"]).toBe(1);
    expect(host.clusters["hook"]!.requests.length).toBe(1); // nobody is asked any more
  });

  test.each([
    ["by itself", {}],
    ["with `failMode: closed`", { onUnreadable: "pass", failMode: "closed" }],
  ])("it ends the stream %s", async (_says, config) => {
    const { host, text } = await flood(build, config);
    expect(text).toContain("from-security-guard");
    expect(text.endsWith("data: [DONE]\n\n")).toBe(true);
    expect(text).not.toContain("000");
    expect(host.metrics.all["ai_sec_error"]).toBe(1);
  });

  test("local rules go on behind it", async () => {
    const rules = [{ regex: "(?:039){50}", action: "mask", value: "-" }];
    const { text } = await flood(build, { onUnreadable: "pass", rules });
    expect(text).toBe(ALL.replace("039".repeat(100), "--"));
  });

  test("a verdict that comes later changes nothing", async () => {
    const hook = upstream().after(50).reply(200, { body: '{"action":"BLOCKED"}' });
    const { text } = await flood(build, { onUnreadable: "pass" }, hook);
    expect(text).toBe(ALL);
  });

  test("what is shorter waits", async () => {
    const hook = upstream().after(50).reply(200, { body: '{"action":"BLOCKED"}' });
    const { text } = await flood(build, { onUnreadable: "pass", maxBodyBytes: ALL.length }, hook);
    expect(text).toContain("from-security-guard");
    expect(text).not.toContain("000");
  });
});
