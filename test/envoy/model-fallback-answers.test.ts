import { request } from "node:http";
import { connect, constants } from "node:http2";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import type { HeaderPair } from "../scenario/scenario.js";
import { sleep } from "./envoy.js";
import { type ChainOptions } from "./fallback-bootstrap.js";
import { EVENT, failing, FallbackChain, LAST, stream } from "./fallback-chain.js";

// Which answers are failures, how streams end, and what becomes of requests that somebody gives up.

const LIMIT = 300_000;
const TARGETS = ["a", "b"];
const CONFIG = {
  targets: [
    { name: "a", model: "model-a", auth: { apiTokens: ["key-a"] } },
    { name: "b", model: "model-b", host: "b.test", path: "/b/v1/chat/completions" },
  ],
  chains: [{ name: "r1", targets: TARGETS }],
  timeouts: { firstToken: 1000, unary: 1000 },
};

let chain: FallbackChain;
beforeAll(() => buildPlugins(["model-fallback"], ["envoy"]), LIMIT);
afterEach(() => chain.stop());

async function start(config: object = {}, options: Partial<ChainOptions> = {}): Promise<void> {
  chain = await FallbackChain.start({
    targets: TARGETS,
    config: { ...CONFIG, ...config },
    ...options,
  });
}
const reasons = (trace: string) =>
  (JSON.parse(trace) as { t: string; r: string }[]).map(({ t, r }) => `${t}:${r}`);

describe("the end of a stream", () => {
  const ask = () => chain.ask({ model: "r1", messages: [], stream: true });

  test.each([
    ["[DONE]", [EVENT, "[DONE]"]],
    ["a finish reason", [EVENT, LAST]],
    ["Anthropic's message_stop", ['{"type":"message_start"}', '{"type":"message_stop"}']],
  ])("%s is an end", async (_what, events) => {
    await start();
    chain.script("a", stream(...events));
    expect((await ask()).body).toBe(events.map((event) => `data: ${event}\n\n`).join(""));
  });

  test("one that ends without a word gets an event that says so", async () => {
    await start();
    chain.script("a", stream(EVENT, EVENT));
    const { body } = await ask();
    expect(body.startsWith(`data: ${EVENT}\n\ndata: ${EVENT}\n\n`)).toBe(true);
    expect(body.endsWith('"code":"stream_interrupted"}}\n\n')).toBe(true);
  });

  test("endMarker: none leaves it alone", async () => {
    await start({ stream: { endMarker: "none" } });
    chain.script("a", stream(EVENT));
    expect((await ask()).body).toBe(`data: ${EVENT}\n\n`);
  });

  test("with trailers nothing can be added: it is broken off, unless it is whole", async () => {
    await start({}, { trailers: true });
    const trailers: HeaderPair[] = [["x-cost", "3"]];
    chain.script("a", { ...stream(EVENT, "[DONE]"), trailers });
    expect((await ask()).body).toBe(`data: ${EVENT}\n\ndata: [DONE]\n\n`);
    chain.script("a", { ...stream(EVENT), trailers });
    await expect(ask()).rejects.toThrow();
    chain.script("a", {});
    expect((await chain.ask()).status).toBe(200); // the gateway lives
    chain.script("a", { ...stream("data: [DO"), trailers });
    expect((await ask()).body).toContain('"model":"b"');
  });

  test("with trailers and endMarker: none it ends as it is", async () => {
    await start({ stream: { endMarker: "none" } }, { trailers: true });
    chain.script("a", { ...stream(EVENT), trailers: [["x-cost", "3"]] });
    expect((await ask()).body).toBe(`data: ${EVENT}\n\n`);
  });

  test("one that breaks off is broken off for the client, and counted", async () => {
    await start();
    chain.script("a", { ...stream(EVENT), kind: "cut" });
    await expect(ask()).rejects.toThrow();
    while ((await chain.metrics())["r1.a.fail.reset"] !== 1) await sleep(20);
    expect(chain.visits("b")).toEqual([]);
  });
});

describe("a client that leaves", () => {
  /** A number of Envoy's own, over all of its clusters. */
  async function total(name: string): Promise<number> {
    const all = await chain.envoy.stats(name);
    return [...all.values()].reduce((sum, value) => sum + value, 0);
  }
  async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await isSo())) await sleep(10);
  }
  const running = () => total("^http\\.http\\.downstream_rq_active$");
  const isAsked = () => chain.visits("a").at(-1)?.seen.complete === true;
  /** Something of the model's answer has reached Envoy. */
  const hasBegun = async () => isAsked() && (await total("upstream_cx_rx_bytes_total$")) > 0;

  /** Sends a request, hangs up when it is time, and waits until Envoy has seen that. */
  async function leave(
    isTime: () => boolean | Promise<boolean>,
    body = JSON.stringify({ model: "r1", messages: [] }),
  ): Promise<void> {
    const headers = { "content-type": "application/json" };
    const call = request(`${chain.url}/v1/chat/completions`, { method: "POST", headers });
    call
      .on("error", () => undefined)
      .on("response", (answer) => {
        answer.on("error", () => undefined).resume();
      });
    if (body.endsWith("}")) call.end(body);
    else call.write(body);
    await until(isTime);
    call.destroy();
    await until(async () => (await running()) === 0);
  }

  test("while its body is on the way", { timeout: LIMIT }, async () => {
    await start();
    await leave(async () => (await running()) === 1, '{"model":"r1"');
    expect(chain.visits("a")).toEqual([]);
    expect((await chain.ask()).status).toBe(200);
  });

  test(
    "while the model thinks: no second attempt, nobody's failure",
    { timeout: LIMIT },
    async () => {
      await start();
      chain.script("a", { kind: "never" });
      await leave(isAsked);
      expect(chain.visits("b")).toEqual([]);
      expect(await chain.metrics()).toEqual({ "r1.requests": 1, "r1.a.attempts": 1 });
    },
  );

  test("over HTTP/2: a stream that is reset is no failure either", { timeout: LIMIT }, async () => {
    await start();
    for (const [answer, isTime] of [
      [{ kind: "never" }, isAsked],
      [
        { ...stream(EVENT, EVENT), kind: "silent" },
        async () => (await chain.metrics())["r1.a.success"] === 1,
      ],
    ] as const) {
      chain.script("a", answer);
      const session = connect(chain.url);
      const asked = session.request({
        ":method": "POST",
        ":path": "/v1/chat/completions",
        "content-type": "application/json",
      });
      asked.on("error", () => undefined).on("data", () => undefined);
      asked.end(JSON.stringify({ model: "r1", messages: [], stream: true }));
      await until(isTime);
      asked.close(constants.NGHTTP2_CANCEL);
      await until(async () => (await running()) === 0);
      session.close();
    }
    expect(chain.visits("b")).toEqual([]);
    expect(await chain.metrics()).toEqual({
      "r1.requests": 2,
      "r1.a.attempts": 2,
      "r1.a.success": 1,
    });
  });

  test("while the start of an answer is held", { timeout: LIMIT }, async () => {
    await start();
    chain.script("a", { ...stream(": ping\n\n"), kind: "silent" });
    await leave(hasBegun);
    expect(chain.visits("b")).toEqual([]);
    expect(await chain.metrics()).toEqual({ "r1.requests": 1, "r1.a.attempts": 1 });
  });

  test("in the middle of a stream", { timeout: LIMIT }, async () => {
    await start();
    chain.script("a", { ...stream(EVENT, EVENT), kind: "silent" });
    await leave(async () => (await chain.metrics())["r1.a.success"] === 1);
    expect(await chain.metrics()).toEqual({
      "r1.requests": 1,
      "r1.a.attempts": 1,
      "r1.a.success": 1,
    });
  });
});

describe("which answers are failures", () => {
  test("a body that onBody names makes a final status one", async () => {
    const rule = { status: "400", path: "error.code", in: ["context_length_exceeded"] };
    await start({ errors: { onBody: [rule] } });
    const error = (code: string) => ({
      ...failing(400),
      body: [Buffer.from(JSON.stringify({ error: { code } }))],
    });
    chain.script("a", error("context_length_exceeded"));
    expect((await chain.ask()).headers.get("x-fallback-reason")).toBe("status_400");
    chain.script("a", error("other"));
    expect((await chain.ask()).status).toBe(400);
  });

  test("what is taken out of onStatus is final", async () => {
    await start({ errors: { onStatus: ["5xx"], exceptStatus: ["503"] } });
    chain.script("a", failing(503));
    const reply = await chain.ask();
    // 503 is what a bad start looks like to the router, so it is asked again (README, limits).
    expect(reply.headers.get("x-llm-target")).toBe("b");
    chain.script("a", failing(429));
    expect((await chain.ask()).status).toBe(429);
  });

  test("allFailed: last leaves the last answer as it is", async () => {
    await start({ allFailed: { mode: "last" } });
    chain.script("a", failing(500));
    chain.script("b", failing(502));
    const reply = await chain.ask();
    expect([reply.status, JSON.parse(reply.body).error.code]).toEqual([502, "c502"]);
    expect(reply.headers.get("x-fallback-attempts")).toBe("2");
  });

  test("names of targets and details are told as configured", async () => {
    await start({ allFailed: { status: 418, includeDetails: true }, expose: { served: "" } });
    for (const name of TARGETS) chain.script(name, failing(500));
    const reply = await chain.ask();
    expect(reply.status).toBe(418);
    expect(JSON.parse(reply.body).error.targets).toEqual([
      { target: "a", reason: "status_500" },
      { target: "b", reason: "status_500" },
    ]);
    await chain.stop();
    await start({ expose: { served: "" } });
    for (const name of TARGETS) chain.script(name, failing(500));
    expect(JSON.parse((await chain.ask()).body).error.message).toBe("All model targets failed");
  });

  test("an upstream's own headers of these names are not believed", async () => {
    await start();
    const { headers, ...rest } = failing(404);
    chain.script("a", {
      ...rest,
      headers: [...headers!, ["x-fallback-from", "x"], ["x-llm-target", "x"]],
    });
    const reply = await chain.ask();
    expect(reply.headers.has("x-fallback-from")).toBe(false);
    expect(reply.headers.get("x-llm-target")).toBe("a");
  });

  test("maxAttempts ends the chain early", async () => {
    await start({ maxAttempts: 1 });
    chain.script("a", failing(503));
    expect((await chain.ask()).status).toBe(503);
    expect(chain.visits("b")).toEqual([]);
  });

  test("the trace is what the access log prints", async () => {
    await start();
    chain.script("a", failing(503));
    const record = await chain.record(await chain.ask());
    expect(reasons(record.trace)).toEqual(["a:status_503", "b:ok"]);
    expect(JSON.parse(record.chain)).toEqual({ c: "r1", m: "r1", s: false, t: ["a", "b"] });
    expect(record.attempts).toBe(2);
  });
});
