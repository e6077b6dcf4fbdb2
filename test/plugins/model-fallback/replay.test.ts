import {
  createHost,
  upstream,
  type ClientResponse,
  type Host,
  type Json,
  type Upstream,
} from "proxy-wasm-test";
import { describe, expect, test } from "vitest";

// Strategy `replay` on both hosts: the first target is the route's, the others are asked by calls.

const HOSTS = [
  ["envoy", "envoy-1.40"],
  ["higress", "higress-2.2"],
] as const;
type Build = (typeof HOSTS)[number][0];
const PROFILES = Object.fromEntries(HOSTS);

const CHAT = "http://a.test/v1/chat/completions";
const BODY = {
  model: "deepseek-r1",
  max_tokens: 9000,
  messages: [{ role: "user", content: "你好" }],
};

const TARGETS: Json[] = [
  { name: "r1", cluster: "backend", modelMapping: { "*": "" } },
  {
    name: "distill",
    cluster: "distill",
    model: "r1-distill-32b",
    host: "distill.internal",
    body: { cap: { max_tokens: 8192 } },
  },
  {
    name: "qwen",
    cluster: "qwen",
    model: "qwen-max",
    host: "dashscope.aliyuncs.com",
    path: "/compatible-mode/v1/chat/completions",
    auth: { apiTokens: ["sk-qwen-secret"] },
    external: true,
  },
];

const good = (model: string) => ({
  json: { object: "chat.completion", model, choices: [{ message: { content: "hi" } }] },
});
const SSE = { "content-type": "text/event-stream" };
const event = (data: unknown) =>
  `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
const delta = (content: string) => event({ choices: [{ delta: { content } }] });
const STREAM = [delta("a"), delta("b"), event("[DONE]")];

interface Chain {
  host: Host;
  models: Record<"r1" | "distill" | "qwen", Upstream>;
  ask(init?: { body?: object; headers?: Record<string, string> }): Promise<ClientResponse>;
}

async function chain(
  build: Build,
  config: Record<string, Json> = {},
  first: Upstream = upstream().reply(200, good("deepseek-r1")),
  second: Upstream = upstream().reply(200, good("r1-distill-32b")),
  third: Upstream = upstream().reply(200, good("qwen-max")),
): Promise<Chain> {
  const host = await createHost({
    profile: PROFILES[build],
    plugins: [
      {
        name: "model-fallback",
        wasm: `build/${build}/model-fallback.wasm`,
        allowOnHeadersStopIteration: true,
        config: { strategy: "replay", targets: TARGETS, ...config },
      },
    ],
    clusters: { backend: first, distill: second, qwen: third },
  });
  return {
    host,
    models: { r1: first, distill: second, qwen: third },
    ask: ({ body = BODY, headers = {} } = {}) =>
      host
        .fetch(CHAT, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            authorization: "Bearer client",
            ...headers,
          },
          body: JSON.stringify(body),
        })
        .settle(),
  };
}

const header = (model: Upstream, name: string) =>
  model.requests.at(-1)!.headers.find(([key]) => key === name)?.[1] ?? null;
const exposed = (answer: ClientResponse) =>
  Object.fromEntries([...answer.headers].filter(([name]) => /^x-(llm|fallback)/.test(name)));
const sent = (model: Upstream) => JSON.parse(Buffer.from(model.requests.at(-1)!.body).toString());
const metrics = (host: Host) =>
  Object.fromEntries(
    Object.entries(host.metrics.all).flatMap(([name, value]) =>
      Number(value) > 0 ? [[name.replace("model_fallback.0.", ""), value]] : [],
    ),
  );

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

  test("an open breaker leaves the first target out, and closes again", async () => {
    const first = upstream()
      .reply(503, { json: {} })
      .reply(503, { json: {} })
      .reply(200, good("r1"));
    const { ask, host, models } = await chain(
      build,
      { breaker: { failures: 2, openSeconds: 10, closeAfter: 1 } },
      first,
    );
    await ask();
    await ask();
    const steered = await ask();
    expect(exposed(steered)).toMatchObject({
      "x-llm-target": "distill",
      "x-fallback-attempts": "1",
      "x-fallback-reason": "breaker_open",
    });
    expect(models.r1.requests).toHaveLength(2);
    expect(metrics(host)).toMatchObject({
      "r1.breaker_state": 1,
      "r1.breaker_opened": 1,
      "r1.skipped": 1,
    });
    await host.clock.advance(10_001);
    expect(exposed(await ask())).toMatchObject({ "x-llm-target": "r1" });
    expect(metrics(host)).not.toHaveProperty("r1.breaker_state");
  });

  test("with a cluster header a request that leaves the first target out still streams", async () => {
    const stream = upstream().reply(200, { headers: SSE, chunks: STREAM, every: 10 });
    const config = { clusterHeader: "x-cluster", breaker: { failures: 1 } };
    const host = await createHost({
      profile: PROFILES[build],
      plugins: [
        {
          name: "model-fallback",
          wasm: `build/${build}/model-fallback.wasm`,
          allowOnHeadersStopIteration: true,
          config: { strategy: "replay", targets: TARGETS, ...config },
        },
      ],
      routes: [{ name: "all", clusterHeader: "x-cluster" }],
      clusters: { backend: upstream().reply(503), distill: stream, qwen: upstream() },
    });
    const ask = () =>
      host
        .fetch(CHAT, {
          method: "POST",
          headers: { "content-type": "application/json", "x-cluster": "backend" },
          body: JSON.stringify({ ...BODY, stream: true }),
        })
        .settle();
    expect((await ask()).chunks).toHaveLength(1);
    const answer = await ask();
    expect(answer.local).toBe(false);
    expect(answer.chunks.length).toBeGreaterThan(2);
    expect(JSON.parse(Buffer.from(answer.upstream[0]!.body).toString())).toMatchObject({
      model: "r1-distill-32b",
    });
  });
});
