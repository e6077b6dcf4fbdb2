import { request } from "node:http";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import type { Answer } from "../scenario/scenario.js";
import { sleep } from "./envoy.js";
import type { Visit } from "./upstream.js";
import { EVENT, failing, FallbackChain, header, LAST, stream } from "./fallback-chain.js";
import { type Shape } from "./fallback-bootstrap.js";

// The plugin in both places of a real Envoy, before models that fail in every way they can.

const LIMIT = 300_000;
const TRY_MS = 600;
const TARGETS = ["a", "b", "c"];
const CONFIG = {
  targets: [
    { name: "a", modelMapping: { "r1*": "model-a" }, auth: { apiTokens: ["key-a"] } },
    {
      name: "b",
      model: "model-b",
      host: "b.test",
      path: "/compatible-mode/v1/chat/completions",
      auth: { apiTokens: ["key-b"] },
      headers: { set: { "x-b": "1" }, remove: ["x-client"] },
      body: {
        cap: { max_tokens: 100 },
        setDefault: { top_p: 1 },
        remove: ["chat_template_kwargs", "messages.#.reasoning_content"],
      },
    },
    {
      name: "c",
      model: "model-c",
      protocol: "azure",
      auth: { type: "header", header: "api-key", prefix: "", apiTokens: ["key-c"] },
    },
  ],
  chains: [{ name: "r1", match: { models: ["r1*"] }, targets: TARGETS }],
  timeouts: { firstToken: TRY_MS, unary: TRY_MS },
};
const BODY = {
  model: "r1-671b",
  messages: [{ role: "user", content: 'héllo "model":', reasoning_content: "hm" }],
  max_tokens: 5000,
  chat_template_kwargs: { thinking: true },
};
const SENT_TO_B =
  '{"model":"model-b","messages":[{"role":"user","content":"héllo \\"model\\":"}],"max_tokens":100,"top_p":1}';

const chains: Record<string, FallbackChain> = {};

async function start(name: string, options: Partial<Parameters<typeof FallbackChain.start>[0]>) {
  const chain = await FallbackChain.start({ targets: TARGETS, config: CONFIG, ...options });
  chains[name] = chain;
  return chain;
}

beforeAll(() => buildPlugins(["model-fallback"], ["envoy"]), LIMIT);
afterAll(async () => {
  for (const chain of Object.values(chains)) await chain.stop();
});
beforeEach(() => Object.values(chains).forEach((chain) => chain.reset()));

const reasons = (trace: string) =>
  (JSON.parse(trace) as { t: string; r: string }[]).map(({ t, r }) => `${t}:${r}`);

/** How the first target fails, and why it is said to have failed. */
const FAILURES: [what: string, answer: Partial<Answer>, reason: string][] = [
  ["503", failing(503), "status_503"],
  ["500", failing(500), "status_500"],
  ["429", failing(429), "status_429"],
  ["408", failing(408), "status_408"],
  ["429 of a rate limit of Envoy", failing(429, [["x-envoy-ratelimited", "true"]]), "status_429"],
  ["a status that nobody else uses", failing(577), "status_577"],
  ["503 without a body", { status: 503, body: [], headers: [] }, "status_503"],
  ["a reset before its headers", { kind: "reset" }, "reset"],
  ["silence", { kind: "never" }, "timeout"],
  ["an error in 200", { body: [Buffer.from('{"error":{"message":"no"}}')] }, "bad_start"],
  ["an error of text in 200", { body: [Buffer.from('{"error":"no"}')] }, "bad_start"],
  ["an object that is an error", { body: [Buffer.from('{"object":"error"}')] }, "bad_start"],
  ["an error as first event", stream('{"error":{"message":"no"}}'), "bad_start"],
  ["an error behind a comment", stream(": ping\n\n", '{"error":"no"}'), "bad_start"],
  ["no JSON as first event", stream("Internal Server Error"), "bad_start"],
  ["the end as first event", stream("[DONE]"), "bad_start"],
  ["a stream without an event", stream(": ping\n\n"), "bad_start"],
  [
    "an event named error",
    stream('event:error\ndata:{"code":"InvalidParameter"}\n\n'),
    "bad_start",
  ],
  ["a status in a comment", stream('id:1\n:HTTP_STATUS/400\ndata:{"code":"x"}\n\n'), "bad_start"],
  ["a reset after its headers", { ...stream(": ping\n\n"), kind: "cut" }, "bad_start"],
  ["silence after its headers", { ...stream(": ping\n\n"), kind: "silent" }, "timeout"],
];

describe.each<Shape>(["composite", "aggregate", "priorities"])("a chain as %s", (shape) => {
  let chain: FallbackChain;
  beforeAll(async () => void (chain = await start(shape, { shape })), LIMIT);

  describe.each([
    ["JSON", false],
    ["a stream", true],
  ])("asked for %s", (_kind, streams) => {
    test.each(FAILURES)(
      "%s at the first target",
      { timeout: LIMIT },
      async (_what, answer, reason) => {
        chain.script("a", answer);
        if (streams) chain.script("b", stream(EVENT, LAST, "[DONE]"));
        const body = JSON.stringify({ ...BODY, ...(streams && { stream: true }) });
        const reply = await chain.ask(body, { authorization: "Bearer client" });
        expect(reply.status).toBe(200);
        expect(reply.body).toContain(streams ? "data: [DONE]" : '"model":"b"');
        expect(Object.fromEntries(reply.headers)).toMatchObject({
          "x-fallback-from": "a",
          "x-llm-target": "b",
          "x-llm-model": "model-b",
          "x-fallback-attempts": "2",
          "x-fallback-reason": reason,
        });
        const [first] = chain.visits("a");
        expect(first?.seen.body.toString()).toBe(body.replace('"r1-671b"', '"model-a"'));
        expect(first?.seen.path).toBe("/v1/chat/completions");
        const [second] = chain.visits("b");
        const sent = streams
          ? SENT_TO_B.replace(',"top_p":1', ',"stream":true,"top_p":1')
          : SENT_TO_B;
        expect(second?.seen.body.toString()).toBe(sent);
        expect(second?.seen.surplus.length).toBe(0);
        expect(chain.visits("c")).toEqual([]);
        const record = await chain.record(reply);
        expect(reasons(record.trace)).toEqual([`a:${reason}`, "b:ok"]);
        expect([record.served, record.from]).toEqual(["b", "a"]);
      },
    );
  });

  test("nothing fails: the first target answers, and says so", async () => {
    const reply = await chain.ask(BODY, { "x-llm-target": "forged", "x-fallback-from": "forged" });
    expect(reply.status).toBe(200);
    expect(reply.headers.get("x-llm-target")).toBe("a");
    expect(reply.headers.get("x-llm-model")).toBe("model-a");
    expect(reply.headers.get("x-fallback-attempts")).toBe("1");
    expect(reply.headers.has("x-fallback-from")).toBe(false);
    expect(reply.headers.has("x-fallback-reason")).toBe(false);
    const seen = chain.visits("a")[0]!;
    for (const name of [
      "x-llm-target",
      "x-fallback-from",
      "x-envoy-retry-on",
      "x-envoy-max-retries",
    ])
      expect(header(seen, name)).toEqual([]);
    const record = await chain.record(reply);
    expect(reasons(record.trace)).toEqual(["a:ok"]);
  });

  test("two targets fail in different ways", { timeout: LIMIT }, async () => {
    chain.script("a", { kind: "reset" });
    chain.script("b", failing(500));
    const reply = await chain.ask(BODY);
    expect(reply.headers.get("x-llm-target")).toBe("c");
    expect(reply.headers.get("x-fallback-attempts")).toBe("3");
    const seen = chain.visits("c")[0]!;
    expect(seen.seen.path).toBe(
      "/openai/deployments/model-c/chat/completions?api-version=2024-10-21",
    );
    expect(seen.seen.body.toString()).toBe(JSON.stringify({ ...BODY, model: "model-c" }));
    const record = await chain.record(reply);
    expect(reasons(record.trace)).toEqual(["a:reset", "b:status_500", "c:ok"]);
  });

  test("no key of one target reaches another, a client's reaches none", async () => {
    chain.script("a", failing(503));
    chain.script("b", failing(503));
    await chain.ask(BODY, {
      authorization: "Bearer client",
      "x-api-key": "client",
      "api-key": "client",
      "x-goog-api-key": "client",
      "x-client": "kept",
    });
    const [a, b, c] = ["a", "b", "c"].map((name) => chain.visits(name)[0]!) as [
      Visit,
      Visit,
      Visit,
    ];
    expect(header(a, "authorization")).toEqual(["Bearer key-a"]);
    expect(header(b, "authorization")).toEqual(["Bearer key-b"]);
    expect(header(c, "authorization")).toEqual([]);
    expect(header(a, "api-key")).toEqual([]);
    expect(header(b, "api-key")).toEqual([]);
    expect(header(c, "api-key")).toEqual(["key-c"]);
    for (const visit of [a, b, c]) {
      expect(header(visit, "x-api-key")).toEqual([]);
      expect(header(visit, "x-goog-api-key")).toEqual([]);
      expect(JSON.stringify(visit.seen.headers)).not.toMatch(/"(Bearer )?client"/);
    }
    // What one target sets or removes is undone for the next.
    expect([a, b, c].map((visit) => header(visit, "x-b"))).toEqual([[], ["1"], []]);
    expect([a, b, c].map((visit) => header(visit, "x-client"))).toEqual([["kept"], [], ["kept"]]);
    expect(b.seen.authority).toBe("b.test");
    expect(c.seen.authority).toBe(a.seen.authority);
  });

  test("thirty requests at once", { timeout: LIMIT }, async () => {
    chain.script("a", failing(503));
    const replies = await Promise.all(
      Array.from({ length: 30 }, (_, i) => chain.ask({ ...BODY, user: `u${i}` })),
    );
    for (const reply of replies) {
      expect(reply.status).toBe(200);
      expect(reply.headers.get("x-llm-target")).toBe("b");
    }
    const users = chain.visits("b").map(({ seen }) => JSON.parse(seen.body.toString()).user);
    expect(new Set(users).size).toBe(30);
  });

  describe("when all fail", () => {
    test("the error is OpenAI's, and says why", async () => {
      chain.script("a", failing(503, [["retry-after", "30"]]));
      chain.script("b", failing(500));
      chain.script("c", failing(503, [["retry-after", "7"]]));
      const reply = await chain.ask({ ...BODY, stream: true });
      expect(reply.status).toBe(503);
      expect(reply.headers.get("content-type")).toBe("application/json");
      expect(reply.headers.get("retry-after")).toBe("7");
      expect(reply.headers.get("x-fallback-attempts")).toBe("3");
      expect(JSON.parse(reply.body)).toEqual({
        error: {
          message: "All model targets failed (a: status_503, b: status_500, c: status_503)",
          type: "server_error",
          param: null,
          code: "all_targets_failed",
        },
      });
    });

    test("with 429 everywhere it is 429", async () => {
      for (const name of TARGETS) chain.script(name, failing(429));
      const reply = await chain.ask(BODY);
      expect(reply.status).toBe(429);
      expect(JSON.parse(reply.body)).toMatchObject({
        error: { type: "rate_limit_error", code: "rate_limit_exceeded" },
      });
    });

    test("without any answer at the end it is 504", { timeout: LIMIT }, async () => {
      for (const name of ["a", "b"]) chain.script(name, failing(500));
      chain.script("c", { kind: "never" });
      const reply = await chain.ask(BODY);
      expect(reply.status).toBe(504);
      expect(JSON.parse(reply.body).error.message).toContain("c: timeout");
    });

    test("a last error without a body gets one", async () => {
      for (const name of TARGETS) chain.script(name, { status: 503, body: [], headers: [] });
      const reply = await chain.ask(BODY);
      expect(reply.status).toBe(503);
      expect(JSON.parse(reply.body).error.code).toBe("all_targets_failed");
      expect(reply.headers.get("content-type")).toBe("application/json");
      expect((await chain.record(reply)).details).toBe("model_fallback.all_failed");
    });

    test("a bad start at the end is an error like any other", async () => {
      for (const name of TARGETS) chain.script(name, stream('{"error":{"message":"no"}}'));
      const reply = await chain.ask({ ...BODY, stream: true });
      expect(reply.status).toBe(503);
      expect(JSON.parse(reply.body).error.message).toContain("c: bad_start");
    });
  });

  test("an answer that is no failure goes to the client as it is", async () => {
    chain.script("a", failing(400));
    const reply = await chain.ask(BODY);
    expect([reply.status, reply.body]).toEqual([400, '{"error":{"message":"no","code":"c400"}}']);
    expect(reply.headers.get("x-llm-target")).toBe("a");
    expect(chain.visits("b")).toEqual([]);
  });

  test("a stream reaches the client event by event", { timeout: LIMIT }, async () => {
    chain.script("a", failing(503));
    chain.script("b", { ...stream(EVENT, EVENT, EVENT), kind: "silent" });
    const pieces = await new Promise<string[]>((resolve, reject) => {
      const body = JSON.stringify({ ...BODY, stream: true });
      const call = request(`${chain.url}/v1/chat/completions`, { method: "POST" }, (answer) => {
        const got: string[] = [];
        answer.setEncoding("utf8").on("data", (piece: string) => {
          got.push(piece);
          if (got.length < 3) return;
          resolve(got); // the model is not done, and never will be
          call.destroy();
        });
        answer.on("error", () => undefined);
      });
      call.on("error", reject).setHeader("content-type", "application/json");
      call.end(body);
    });
    expect(pieces).toEqual([EVENT, EVENT, EVENT].map((event) => `data: ${event}\n\n`));
    await sleep(50);
  });
});
