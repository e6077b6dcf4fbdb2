import { createHost, upstream, type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BUILDS, contentSecurity, type Build } from "./support.js";

// Clients that leave before the end: what was judged until then is written down, once.

const PROFILES = { envoy: "envoy-1.40", higress: "higress-2.2" } as const;
const URL = "http://a.test/v1/chat/completions";
const RULES = [
  { name: "phones", builtin: "phone_cn", action: "mask", phase: "response" },
  { name: "hints", words: ["hint"], action: "log" },
  { name: "forbidden", words: ["weapon"] },
];
const HOOK = { type: "webhook", cluster: "hook", serviceHost: "h.example.com" };
const CLOUD = {
  serviceName: "green.dns",
  servicePort: 443,
  serviceHost: "green.example.com",
  accessKey: "ak",
  secretKey: "sk",
  checkRequest: true,
  checkResponse: true,
};
const event = (content: string) => `data: {"choices":[{"delta":{"content":"${content}"}}]}\n\n`;
const QUESTION = '{"stream":true,"messages":[{"role":"user","content":"hi"}]}';

/** What is left of a request whose client leaves after a second. */
async function leave(build: Build, config: Record<string, Json>, said: string[], body = QUESTION) {
  const headers = { "content-type": "text/event-stream" };
  const chunks = [...said, ...Array<string>(100).fill(event("and so on"))];
  const slow = upstream().after(10_000).reply(200, { body: '{"action":"NONE"}' });
  const host = await createHost({
    profile: PROFILES[build],
    plugins: [contentSecurity(config, build)],
    clusters: {
      backend: upstream().reply(200, { headers, chunks, every: 500 }),
      hook: slow,
      "outbound|443||green.dns": slow,
    },
    lifecycle: "single",
    trace: false,
  });
  const stream = host.stream(`POST ${URL}`, { headers: { "content-type": "application/json" } });
  await stream.data(body, { end: body === QUESTION });
  await host.clock.advance(1100);
  await stream.abort();
  const log = Buffer.from(stream.partial.filterState["ai_log"] ?? []).toString();
  const counts = { ...host.metrics.all };
  await host.close();
  return { log: log.replaceAll("\\", ""), counts };
}

describe.each(BUILDS)("%s", (build) => {
  test("a stream that masked says so, and which rules matched", async () => {
    const { log, counts } = await leave(build, { rules: RULES }, [event("13812345678 is a hint ")]);
    expect(log).toContain('"safecheck_status":"response mask"');
    expect(log).toContain('"safecheck_rules":["hints","phones"]');
    expect(counts["ai_sec_response_mask"]).toBe(1);
  });

  test("a stream that passed says so", async () => {
    const { log } = await leave(build, { rules: RULES }, [event("hello")]);
    expect(log).toContain('"safecheck_status":"response pass"');
    expect(log).toContain('"safecheck_response_rt":');
  });

  test("a refusal is written once", async () => {
    const { log, counts } = await leave(build, { rules: RULES }, [event("a weapon is")]);
    expect(log).toContain('"safecheck_status":"response deny"');
    expect(counts["ai_sec_response_deny"]).toBe(1);
  });

  test("a request that was with a judge tells the call", async () => {
    const { log, counts } = await leave(build, { rules: RULES, backend: HOOK }, []);
    expect(log).toContain('"safecheck_status":"request skip - left"');
    expect(log).toContain(
      '"safecheck_requests":[{"phase":"request","modality":"text","result":""}]',
    );
    expect(counts["ai_sec_error"] ?? 0).toBe(0);
  });

  test("a stream whose first window was with a judge does, too", async () => {
    const config = { rules: RULES, backend: HOOK, checkRequest: false, bufferLimit: 2 };
    const { log } = await leave(build, config, [event("hello")]);
    expect(log).toContain(
      '"safecheck_requests":[{"phase":"response","modality":"text","result":""}]',
    );
    expect(log).toContain('"safecheck_status":"response skip - left"');
  });

  test("a request that never was complete says why it was not judged", async () => {
    const { log } = await leave(build, { rules: RULES }, [], '{"messages":[');
    expect(log).toContain('"safecheck_status":"request skip - left"');
  });

  test.each([true, false])("ai-security-guard's fields: nothing, as there (%s)", async (asks) => {
    const config = { ...CLOUD, checkRequest: asks };
    expect((await leave(build, config, [event("hello")])).log).toBe("");
  });
});
