import { upstream, type ClientResponse, type Host, type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { busy, nativeChain, well } from "./native-chain.js";
import { BODY, chain, CHAT, exposed, good, metrics } from "./replay-chain.js";

// `breaker`: whom it leaves alone for how long, and what a probe is.

const served = (answer: ClientResponse) => answer.headers.get("x-llm-target");

/** Sends a request and leaves it under way. */
async function begin(host: Host): Promise<() => Promise<ClientResponse>> {
  const headers = { "content-type": "application/json" };
  const sent = host.stream(`POST ${CHAT}`, { headers });
  await sent.headers();
  await sent.data(JSON.stringify(BODY), { end: true });
  return () => sent.response();
}

describe("probes of a target that is not the first", () => {
  test("close its breaker while the first one fails", async () => {
    // Only 503 counts: the first target fails for ever, and is asked for ever.
    const breaker = { failures: 1, openSeconds: 10, closeAfter: 2, countStatus: ["503"] };
    const second = upstream().reply(503, { json: {} }).reply(200, good("r1-distill-32b"));
    const { ask, host } = await chain("envoy", { breaker }, busy(500), second);
    expect(served(await ask())).toBe("qwen");
    expect(metrics(host)).toMatchObject({ "distill.breaker_state": 1 });
    expect(served(await ask())).toBe("qwen");
    await host.clock.advance(10_001);
    expect(served(await ask())).toBe("distill");
    expect(metrics(host)).toMatchObject({ "distill.breaker_state": 2 });
    expect(served(await ask())).toBe("distill");
    expect(metrics(host)).not.toHaveProperty("distill.breaker_state");
  });

  test("open it again when they fail", async () => {
    const breaker = { failures: 1, openSeconds: 10, countStatus: ["503"] };
    const { ask, host } = await chain("envoy", { breaker }, busy(500), busy());
    await ask();
    await host.clock.advance(10_001);
    expect(served(await ask())).toBe("qwen");
    expect(metrics(host)).toMatchObject({
      "distill.breaker_opened": 2,
      "distill.breaker_state": 1,
    });
  });
});

describe("what began before the breaker opened", () => {
  const breaker = { failures: 1, openSeconds: 10, closeAfter: 1 };

  test.each([
    ["a failure neither opens it again nor doubles its time", 503],
    ["a success does not close it", 200],
  ])("%s", async (_what, late) => {
    const first = upstream()
      .after(12_000)
      .reply(late, { json: {} })
      .reply(503, { json: {} })
      .after(5000)
      .reply(503, { json: {} })
      .reply(200, good("r1"));
    const ratio = { ...breaker, failureRatio: 0.01 }; // successes are counted
    const { host } = await chain("envoy", { breaker: ratio }, first);
    const old = await begin(host);
    const failing = await begin(host); // opens it
    await host.clock.advance(10_001);
    await failing();
    const probe = await begin(host);
    const probed = { "r1.breaker_state": 2, "r1.breaker_opened": 1 };
    expect(metrics(host)).toMatchObject(probed);
    await host.clock.advance(2500); // the late answer is here
    await old();
    expect(metrics(host)).toMatchObject(probed);
    await host.clock.advance(2600); // the probe has failed: for twice the time
    await probe();
    expect(metrics(host)).toMatchObject({ "r1.breaker_state": 1, "r1.breaker_opened": 2 });
    await host.clock.advance(19_000);
    expect(served(await (await begin(host))())).toBe("distill");
    await host.clock.advance(1001);
    expect(served(await (await begin(host))())).toBe("r1");
    expect(metrics(host)).not.toHaveProperty("r1.breaker_state");
  });
});

test("halfOpenProbes: so many at once, and no more", async () => {
  for (const halfOpenProbes of [1, 2, 3]) {
    const first = upstream().reply(503, { json: {} }).after(2000).reply(200, good("r1"));
    for (let i = 0; i < 4; i++) first.after(2000).reply(200, good("r1"));
    const breaker = { failures: 1, openSeconds: 10, halfOpenProbes };
    const { ask, host, models } = await chain("envoy", { breaker }, first);
    await ask();
    await host.clock.advance(10_001);
    const all = [];
    for (let i = 0; i < 4; i++) all.push(await begin(host));
    expect(models.r1.requests).toHaveLength(1 + halfOpenProbes);
    await host.clock.advance(2001);
    const names = [];
    for (const answer of all) names.push(served(await answer()));
    expect(names.filter((name) => name === "r1")).toHaveLength(halfOpenProbes);
  }
});

test("a probe that failed gives its slot back to nobody else", async () => {
  const slow = good("r1");
  const first = upstream().reply(503).reply(503).after(50_000).reply(200, slow);
  const second = upstream().after(50_000).reply(200, slow).after(50_000).reply(200, slow);
  const breaker = { failures: 1, openSeconds: 10 };
  const { host, models } = await chain("envoy", { breaker }, first, second);
  await begin(host);
  await host.clock.advance(10_001);
  const failed = host.stream(`POST ${CHAT}`, { headers: { "content-type": "application/json" } });
  await failed.headers();
  await failed.data(JSON.stringify(BODY), { end: true });
  expect(models.r1.requests).toHaveLength(2);
  await host.clock.advance(20_001);
  await begin(host); // probes again
  expect(models.r1.requests).toHaveLength(3);
  await failed.abort();
  await begin(host);
  expect(models.r1.requests).toHaveLength(3);
});

test("maxOpenSeconds: the time doubles up to it", async () => {
  const breaker = { failures: 1, openSeconds: 10, maxOpenSeconds: 25 };
  const { ask, host, models } = await chain("envoy", { breaker }, busy());
  await ask();
  let asked = 1;
  for (const seconds of [10, 20, 25, 25]) {
    await host.clock.advance(seconds * 1000 - 500);
    await ask();
    expect(models.r1.requests).toHaveLength(asked);
    await host.clock.advance(501);
    await ask();
    expect(models.r1.requests).toHaveLength(++asked);
  }
});

describe("keepOne", () => {
  const opened = (keepOne: boolean): Record<string, Json> => ({
    breaker: { failures: 1, keepOne },
  });
  const models = () => ({ a: busy(), b: busy() });

  test("on: with all open the chain is tried in order", async () => {
    const native = await nativeChain({ config: opened(true), models: models(), steers: true });
    for (let i = 0; i < 3; i++) await native.ask();
    expect(native.asked()).toEqual([3, 3]);
    const replay = await chain("envoy", opened(true), busy(), busy(), busy());
    for (let i = 0; i < 3; i++) expect((await replay.ask()).status).toBe(503);
    expect(replay.models.r1.requests).toHaveLength(3);
  });

  test("off: nobody is asked, and the client is told so", async () => {
    const native = await nativeChain({ config: opened(false), models: models(), steers: true });
    const replay = await chain("envoy", opened(false), busy(), busy(), busy());
    for (const { ask, host } of [native, replay]) {
      await ask();
      const answer = await ask();
      expect([answer.status, answer.upstream.length, answer.details]).toEqual([
        503,
        0,
        expect.stringContaining("model_fallback.all_failed"),
      ]);
      expect(answer.json()).toMatchObject({ error: { message: "All model targets failed" } });
      expect(exposed(answer)).toMatchObject({
        "x-fallback-reason": "breaker_open",
        "x-fallback-attempts": "0",
      });
      expect(metrics(host)).toMatchObject({ requests: 2, all_failed: 2 });
    }
    expect(native.asked()).toEqual([1, 1]);
    expect(replay.models.r1.requests).toHaveLength(1);
  });

  test("off: a target that is well again is asked", async () => {
    const first = upstream().reply(503, { json: {} }).reply(200, good("r1"));
    const breaker = { failures: 1, keepOne: false, openSeconds: 10 };
    const { ask, host } = await chain("envoy", { breaker }, first, busy(), busy());
    await ask();
    expect((await ask()).status).toBe(503);
    await host.clock.advance(10_001);
    expect(served(await ask())).toBe("r1");
  });

  test("off: an opted-out request goes to the first target, whatever its breaker says", async () => {
    const { ask, asked } = await nativeChain({
      config: opened(false),
      models: { a: busy(), b: well("b") },
      steers: true,
    });
    await ask();
    await ask({ headers: { "x-model-fallback": "off" } });
    expect(asked()).toEqual([2, 1]);
  });
});
