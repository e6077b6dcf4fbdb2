import { upstream, type Json, type Upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import {
  BODY,
  chain,
  event,
  exposed,
  good,
  header,
  HOSTS,
  metrics,
  sent,
  SSE,
  STREAM,
  TARGETS,
} from "./replay-chain.js";

// Strategy `replay` on both hosts: the first target is the route's, the others are asked by calls.

describe.each(HOSTS)("%s", (build) => {
  test("a good answer passes as it comes", async () => {
    const { ask, models } = await chain(build);
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(answer.local).toBe(false);
    expect(exposed(answer)).toEqual({
      "x-llm-target": "r1",
      "x-llm-model": "deepseek-r1",
      "x-fallback-attempts": "1",
    });
    expect(sent(models.r1)).toEqual(BODY);
    expect(models.distill.requests).toHaveLength(0);
  });

  const FAULTS: [string, () => Upstream, string][] = [
    [
      "503 with a body",
      () => upstream().reply(503, { json: { error: { message: "busy" } } }),
      "status_503",
    ],
    ["503 without a body", () => upstream().reply(503), "status_503"],
    [
      "429",
      () => upstream().reply(429, { json: {}, headers: { "retry-after": "7" } }),
      "status_429",
    ],
    [
      "500, cut in pieces",
      () => upstream().reply(500, { chunks: ["a", "b"], every: 5 }),
      "status_500",
    ],
    [
      "500 with trailers",
      () => upstream().reply(500, { body: "x", trailers: { a: "b" } }),
      "status_500",
    ],
    ["nobody there", () => upstream().noEndpoints(), "no_host"],
    [
      "an error in a 200",
      () => upstream().reply(200, { json: { error: { message: "no" } } }),
      "bad_start",
    ],
    [
      "an error as first event",
      () => upstream().reply(200, { headers: SSE, chunks: [event({ error: { message: "no" } })] }),
      "bad_start",
    ],
    [
      "a stream without any event",
      () => upstream().reply(200, { headers: SSE, chunks: [": ping\n\n"] }),
      "bad_start",
    ],
  ];

  test.each(FAULTS)("%s: the next target answers", async (_what, fault, reason) => {
    const { ask, models, host } = await chain(build, {}, fault());
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual(good("r1-distill-32b").json);
    expect(exposed(answer)).toEqual({
      "x-llm-target": "distill",
      "x-llm-model": "r1-distill-32b",
      "x-fallback-attempts": "2",
      "x-fallback-from": "r1",
      "x-fallback-reason": reason,
    });
    expect(answer.missing).toBe(0);
    expect(answer.headers.has("retry-after")).toBe(false);
    expect(sent(models.distill)).toEqual({ ...BODY, model: "r1-distill-32b", max_tokens: 8192 });
    expect(models.qwen.requests).toHaveLength(0);
    expect(metrics(host)).toMatchObject({
      requests: 1,
      fallback_served: 1,
      "r1.attempts": 1,
      "distill.attempts": 1,
      "distill.success": 1,
    });
  });

  test("what the failed answer says of itself is not said of the other one", async () => {
    const own = {
      "retry-after-ms": "100",
      "x-should-retry": "true",
      "x-ratelimit-remaining-requests": "0",
      "anthropic-ratelimit-tokens-reset": "1",
      etag: '"e"',
      digest: "sha-256=x",
      "set-cookie": "a=b",
    };
    const first = upstream().reply(429, { json: {}, headers: { ...own, "x-of-gateway": "1" } });
    const { ask } = await chain(build, {}, first);
    const answer = await ask();
    expect(exposed(answer)).toMatchObject({ "x-llm-target": "distill" });
    const names = [...answer.headers].map(([name]) => name);
    expect(names.filter((name) => name in own)).toEqual([]);
    expect(names).toContain("x-of-gateway");
  });

  test.each([
    ["a job", "/v1/fine_tuning/jobs", {}],
    ["an answer that is kept", "/v1/responses", { background: true }],
  ])("%s begins at the first target or nowhere", async (_what, path, more) => {
    const { host, models } = await chain(build, {}, upstream().reply(503, { json: {} }));
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", headers, body: JSON.stringify({ ...BODY, ...more }) };
    const answer = await host.fetch(`http://a.test${path}`, init).settle();
    expect([answer.status, models.distill.requests.length]).toEqual([503, 0]);
  });

  test("every target gets its own path, host and key, and nobody another's", async () => {
    const failing = () => upstream().reply(503, { json: {} });
    const { ask, models } = await chain(build, {}, failing(), failing());
    const answer = await ask({ headers: { "x-api-key": "client-too", traceparent: "00-1-2-01" } });
    expect(exposed(answer)).toMatchObject({ "x-llm-target": "qwen", "x-fallback-attempts": "3" });
    expect(header(models.qwen, ":path")).toBe("/compatible-mode/v1/chat/completions");
    expect(header(models.qwen, ":authority")).toBe("dashscope.aliyuncs.com");
    expect(header(models.qwen, "authorization")).toBe("Bearer sk-qwen-secret");
    expect(header(models.qwen, "traceparent")).toBe("00-1-2-01");
    expect(header(models.distill, ":authority")).toBe("distill.internal");
    expect(header(models.r1, "authorization")).toBeNull();
    expect(header(models.distill, "authorization")).toBeNull();
    for (const model of Object.values(models)) {
      const all = JSON.stringify(model.requests.at(-1)!.headers);
      expect(all).not.toContain("client");
      expect(all).not.toContain("x-fallback");
    }
  });

  test("a stream of a later target arrives in one piece", async () => {
    const stream = upstream().reply(200, { headers: SSE, chunks: STREAM, every: 10 });
    const { ask } = await chain(build, {}, upstream().reply(503), stream);
    const answer = await ask({ body: { ...BODY, stream: true } });
    expect(answer.text()).toBe(STREAM.join(""));
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
  });

  test("a good stream of the first target streams", async () => {
    const stream = upstream().reply(200, { headers: SSE, chunks: STREAM, every: 10 });
    const { ask } = await chain(build, {}, stream);
    const answer = await ask({ body: { ...BODY, stream: true } });
    expect(answer.text()).toBe(STREAM.join(""));
    expect(answer.chunks.length).toBeGreaterThan(2);
  });

  test("all failed: an error of OpenAI's kind, with or without a body to replace", async () => {
    for (const first of [upstream().reply(503), upstream().reply(503, { body: "busy" })]) {
      const slow = upstream().after(500_000).reply(200, good("x"));
      const short = { timeouts: { unary: 5000 } };
      const { ask, host } = await chain(build, short, first, upstream().reply(500), slow);
      const answer = await ask();
      expect(answer.status).toBe(504);
      expect(answer.json()).toEqual({
        error: {
          message: "All model targets failed (r1: status_503, distill: status_500, qwen: timeout)",
          type: "server_error",
          param: null,
          code: "all_targets_failed",
        },
      });
      expect(answer.headers.get("content-type")).toBe("application/json");
      expect(exposed(answer)).toMatchObject({
        "x-fallback-from": "r1",
        "x-fallback-attempts": "3",
      });
      expect(metrics(host)).toMatchObject({ all_failed: 1, "qwen.fail.timeout": 1 });
    }
  });

  test("all limited: 429, and the shortest wait", async () => {
    const limited = (wait: string) =>
      upstream().reply(429, { json: {}, headers: { "retry-after": wait } });
    const { ask } = await chain(build, {}, limited("30"), limited("7"), limited("12"));
    const answer = await ask();
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("7");
    expect(answer.json()).toMatchObject({ error: { code: "rate_limit_exceeded" } });
  });

  test.each([
    ["last", 502, "third"],
    ["first", 503, "first"],
  ])("all failed, mode %s", async (mode, status, body) => {
    for (const isEmpty of [false, true]) {
      const first = isEmpty ? upstream().reply(503) : upstream().reply(503, { body: "first" });
      const { ask } = await chain(
        build,
        { allFailed: { mode } },
        first,
        upstream().reply(500, { body: "second" }),
        upstream().reply(502, { body: "third" }),
      );
      const answer = await ask();
      expect(answer.status).toBe(status);
      expect(answer.text()).toBe(isEmpty && mode === "first" ? "" : body);
    }
  });

  test("a refusal for safety is final", async () => {
    const refusal = { error: { code: "content_filter", message: "no" } };
    const { ask, models } = await chain(build, {}, upstream().reply(500, { json: refusal }));
    const answer = await ask();
    expect(answer.status).toBe(500);
    expect(answer.json()).toEqual(refusal);
    expect(models.distill.requests).toHaveLength(0);
  });

  test("a rule about the body names who is asked next", async () => {
    const tooLong = { error: { code: "context_length_exceeded" } };
    const rule = { status: "4xx", path: "error.code", in: [tooLong.error.code], targets: ["qwen"] };
    const { ask, models } = await chain(
      build,
      { errors: { onBody: [rule] } },
      upstream().reply(400, { json: tooLong }),
    );
    expect(exposed(await ask())).toMatchObject({
      "x-llm-target": "qwen",
      "x-fallback-reason": "status_400",
    });
    expect(models.distill.requests).toHaveLength(0);
  });

  test.each<Record<string, Json>>([
    { maxAttempts: 2 },
    { errors: { maxAttempts: 2 }, maxAttempts: 1 },
  ])("no more attempts than %j", async (config) => {
    const failing = () => upstream().reply(503, { json: {} });
    const { ask, models } = await chain(build, config, failing(), failing());
    expect((await ask()).status).toBe(503);
    const asked = [models.r1, models.distill, models.qwen].map(({ requests }) => requests.length);
    expect(asked).toEqual([1, 1, 0]);
  });

  describe("a body that is too long to be kept", () => {
    const body = { ...BODY, user: "x".repeat(2000) };
    const auth = { apiTokens: ["sk-r1"] };
    const targets = [
      { ...(TARGETS[0] as object), host: "r1.internal", auth },
      TARGETS[1]!,
    ] as Json[];
    const match = { models: ["deepseek*"] };

    test("goes to the first target, with its key, and no other", async () => {
      const config = { targets, maxBodyBytes: 1024 };
      const { ask, models } = await chain(build, config, upstream().reply(503));
      expect((await ask({ body })).status).toBe(503);
      expect(sent(models.r1)).toEqual(body);
      expect(header(models.r1, "authorization")).toBe("Bearer sk-r1");
      expect(header(models.r1, ":authority")).toBe("r1.internal");
      expect(models.distill.requests).toHaveLength(0);
    });

    test("passes as it is where the model decides who that would be", async () => {
      const chains: Json[] = [{ match, targets: ["r1", "distill"] }];
      const { ask, models } = await chain(build, { targets, chains, maxBodyBytes: 1024 });
      await ask({ body });
      expect(header(models.r1, "authorization")).toBe("Bearer client");
    });
  });

  test("another 400 is final", async () => {
    const { ask, models } = await chain(build, {}, upstream().reply(400, { json: { error: {} } }));
    expect((await ask()).status).toBe(400);
    expect(models.distill.requests).toHaveLength(0);
  });

  test("an error that does not end gives way after a second", async () => {
    const endless = upstream().reply(503, { chunks: ["a", "b"], every: 600_000 });
    const { ask } = await chain(build, {}, endless);
    const answer = await ask();
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual(good("r1-distill-32b").json);
  });

  test("nobody is asked when the client forbids it, or streams are not replayed", async () => {
    const { ask, models } = await chain(build, { replayStream: "forbid" }, upstream().reply(503));
    expect((await ask({ headers: { "x-model-fallback": "off" } })).status).toBe(503);
    expect((await ask({ body: { ...BODY, stream: true } })).status).toBe(503);
    expect(models.distill.requests).toHaveLength(0);
  });

  test("a stream that is not replayed stays on its route, whatever breakers say", async () => {
    const first = upstream().reply(503).reply(200, { headers: SSE, chunks: STREAM, every: 10 });
    const config = { replayStream: "forbid", breaker: { failures: 1 } };
    const { ask, host, models } = await chain(build, config, first);
    await ask();
    expect(metrics(host)).toMatchObject({ "r1.breaker_state": 1 });
    const answer = await ask({ body: { ...BODY, stream: true } });
    expect(exposed(answer)).toMatchObject({ "x-llm-target": "r1" });
    expect(answer.chunks.length).toBeGreaterThan(1);
    expect(models.distill.requests).toHaveLength(1); // of the first request
  });
});
