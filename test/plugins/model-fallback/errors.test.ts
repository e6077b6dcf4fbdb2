import { upstream, type Json, type Upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { busy, nativeChain, well } from "./native-chain.js";
import { BODY, chain, event, exposed, good, metrics, SSE, STREAM } from "./replay-chain.js";

// `errors` and `timeouts`: what is a failure and what is not, setting by setting.

const NO_TRANSPORT = { onConnectFailure: false, onReset: false, onTimeout: false };
const TIMEOUTS = { unary: 1000, firstToken: 1000 };
const stream = { ...BODY, stream: true };

const SILENT: [string, () => Upstream, number][] = [
  ["connect", () => upstream().refuse(), 503],
  ["reset", () => upstream().reset(), 503],
  ["timeout", () => upstream().never(), 504],
];

describe("onConnectFailure, onReset, onTimeout off", () => {
  const config = { errors: NO_TRANSPORT, timeouts: TIMEOUTS, breaker: { failures: 1 } };

  test.each(SILENT)(
    "native, %s: the router's answer, and no breaker counts it",
    async (_what, model, status) => {
      const models = { a: model(), b: well("b") };
      const { ask, asked, host } = await nativeChain({ config, models, steers: true });
      for (let i = 0; i < 2; i++) {
        const answer = await ask();
        expect([answer.status, answer.headers.has("x-llm-target")]).toEqual([status, false]);
        expect(answer.text()).not.toContain("all_targets_failed");
      }
      expect(asked()).toEqual([2, 0]);
      expect(metrics(host)).not.toHaveProperty("a.breaker_opened");
    },
  );

  // Envoy's `reset` is every end without an answer, and goes with either of the last two.
  test.each([
    [["onConnectFailure"], [1, 1, 1]],
    [["onReset"], [1, 1, 1]],
    [["onTimeout"], [1, 1, 1]],
    [
      ["onReset", "onTimeout"],
      [1, 0, 0],
    ],
  ])("native: %j off", async (off, retried) => {
    const errors = Object.fromEntries(off.map((name) => [name, false]));
    const asks = SILENT.map(async ([, model]) => {
      const models = { a: model(), b: well("b") };
      const { ask, asked } = await nativeChain({ config: { errors, timeouts: TIMEOUTS }, models });
      await ask();
      return asked()[1];
    });
    expect(await Promise.all(asks)).toEqual(retried);
  });

  test("native: each one on, the next target answers", async () => {
    for (const [, model] of SILENT) {
      const models = { a: model(), b: well("b") };
      const { ask, host } = await nativeChain({
        config: { ...config, errors: {} },
        models,
        steers: true,
      });
      expect(exposed(await ask())).toMatchObject({ "x-llm-target": "b" });
      expect(metrics(host)).toMatchObject({ "a.breaker_opened": 1 });
    }
  });

  test.each(SILENT.slice(0, 2))("replay, %s", async (reason, model, status) => {
    const { ask, host, models } = await chain("envoy", config, model());
    const answer = await ask();
    expect([answer.status, exposed(answer)]).toEqual([status, {}]);
    expect(models.distill.requests).toHaveLength(0);
    expect(metrics(host)).toEqual({ requests: 1, "r1.attempts": 1, [`r1.fail.${reason}`]: 1 });
    const later = await chain("envoy", config, busy(), model());
    const second = await later.ask();
    expect([second.status, exposed(second)]).toEqual([503, {}]);
    expect(second.text()).toContain("upstream connect error");
    expect(later.models.qwen.requests).toHaveLength(0);
    expect(metrics(later.host)).toMatchObject({ [`distill.fail.${reason}`]: 1 });
    for (const name of ["fallback_served", "distill.success", "distill.breaker_opened"])
      expect(metrics(later.host)).not.toHaveProperty([name]);
  });
});

describe("onBody", () => {
  const rule = { path: "error.code", in: ["busy"] };

  test.each([
    [400, ["b"]],
    [499, ["b"]],
    [399, ["a"]],
  ])("without a status: %d", async (status, [served]) => {
    const config = { errors: { onBody: [rule], localReplies: "none" } };
    const native = await nativeChain({ config, models: { a: busy(status), b: well("b") } });
    expect(exposed(await native.ask())).toMatchObject({ "x-llm-target": served });
    const replay = await chain("envoy", config, busy(status));
    expect(exposed(await replay.ask())).toMatchObject({
      "x-llm-target": served === "a" ? "r1" : "distill",
    });
  });

  describe.each([
    ["without a status", rule],
    ["of 200", { ...rule, status: "200" }],
  ])("%s", (_what, one) => {
    const config = { errors: { onBody: [one] } };
    const slow = () => upstream().reply(200, { headers: SSE, chunks: STREAM, every: 10 });

    test("a good stream streams", async () => {
      const native = await nativeChain({ config, models: { a: slow(), b: well("b") } });
      const answer = await native.ask({ body: stream });
      expect([answer.text(), answer.chunks.length > 2]).toEqual([STREAM.join(""), true]);
      const replay = await chain("envoy", config, slow());
      expect((await replay.ask({ body: stream })).chunks.length).toBeGreaterThan(2);
    });

    test("the beginning of an answer of 200 is judged all the same", async () => {
      const bad = () => upstream().reply(200, { json: { error: { code: "other" } } });
      const worse = () => upstream().reply(200, { headers: SSE, chunks: [event({ error: {} })] });
      for (const first of [bad, worse]) {
        const native = await nativeChain({ config, models: { a: first(), b: well("b") } });
        expect(exposed(await native.ask())).toMatchObject({ "x-fallback-reason": "bad_start" });
        const replay = await chain("envoy", config, first());
        expect(exposed(await replay.ask())).toMatchObject({ "x-fallback-reason": "bad_start" });
      }
    });
  });

  test("of 200: an answer whose body it names is a failure, another is not", async () => {
    const errors = { onBody: [{ status: "200", path: "state", in: ["failed"] }] };
    const state = (state: string) => upstream().reply(200, { json: { state } });
    for (const [what, native, replay] of [
      ["failed", "b", "distill"],
      ["fine", "a", "r1"],
    ]) {
      const models = { a: state(what!), b: well("b") };
      const one = await nativeChain({ config: { errors }, models });
      expect(exposed(await one.ask())).toMatchObject({ "x-llm-target": native });
      const other = await chain("envoy", { errors }, state(what!));
      expect(exposed(await other.ask())).toMatchObject({ "x-llm-target": replay });
    }
  });
});

describe("stream", () => {
  const BAD_JSON = () => upstream().reply(200, { json: { error: { message: "no" } } });
  const BAD_EVENT = () => upstream().reply(200, { headers: SSE, chunks: [event({ error: "no" })] });

  const IN_PIECES = () =>
    upstream().reply(200, { headers: SSE, chunks: ['data: {"error"', ':"no"}\n\n'], every: 5 });

  test.each<[string, Json, () => Upstream, object, boolean]>([
    ["holdFirstEvent on", { holdFirstEvent: true }, BAD_EVENT, stream, true],
    ["holdFirstEvent off", { holdFirstEvent: false }, BAD_EVENT, stream, false],
    ["errorIn200 on", { errorIn200: true }, BAD_JSON, BODY, true],
    ["errorIn200 off", { errorIn200: false }, BAD_JSON, BODY, false],
    ["an event within holdMaxBytes", { holdMaxBytes: 100 }, IN_PIECES, stream, true],
    ["an event beyond it", { holdMaxBytes: 10 }, IN_PIECES, stream, false],
  ])("%s", async (_what, stream, model, body, falls) => {
    const native = await nativeChain({ config: { stream }, models: { a: model(), b: well("b") } });
    const answer = await native.ask({ body });
    expect(answer.headers.get("x-llm-target")).toBe(falls ? "b" : "a");
    expect(native.asked()).toEqual([1, falls ? 1 : 0]);
    const replay = await chain("envoy", { stream }, model());
    expect((await replay.ask({ body })).headers.get("x-llm-target")).toBe(falls ? "distill" : "r1");
  });

  test.each([[false], [true]])("onBadStart: %s", async (onBadStart) => {
    const config = { errors: { onBadStart } };
    const native = await nativeChain({ config, models: { a: BAD_JSON(), b: well("b") } });
    await native.ask();
    expect(native.asked()).toEqual([1, onBadStart ? 1 : 0]);
    const replay = await chain("envoy", config, BAD_EVENT());
    await replay.ask({ body: stream });
    expect(replay.models.distill.requests).toHaveLength(onBadStart ? 1 : 0);
  });
});

describe("the router's 503", () => {
  const errors = { onStatus: ["500-504"], exceptStatus: ["503"] };
  const stream = { holdFirstEvent: false, errorIn200: false };

  test.each<[string, Record<string, Json>, number]>([
    ["is retried while beginnings are held", { errors }, 1],
    ["not where nothing is held", { errors, stream }, 0],
    ["nor where bad starts are no failures", { errors: { ...errors, onBadStart: false } }, 0],
    [
      "but where bodies make failures",
      { errors: { ...errors, onBody: [{ path: "a", in: ["b"] }] }, stream },
      1,
    ],
    [
      "or where statuses are too many to be named",
      { errors: { ...errors, onStatus: ["4xx", "5xx"] }, stream },
      1,
    ],
  ])("%s", async (_what, config, others) => {
    const { ask, asked } = await nativeChain({ config, models: { a: busy(), b: well("b") } });
    await ask();
    expect(asked()).toEqual([1, others]);
  });
});

test("timeouts.total in native: the router ends the whole request", async () => {
  const models = () => ({ a: upstream().never(), b: upstream().never(), c: well("c") });
  const timeouts = { unary: 1000 };
  const patient = await nativeChain({ config: { timeouts }, models: models() });
  expect((await patient.ask()).headers.get("x-llm-target")).toBe("c");
  const config = { timeouts: { ...timeouts, total: 1500 } };
  const { ask, asked } = await nativeChain({ config, models: models() });
  expect((await ask()).status).toBe(504);
  expect(asked()).toEqual([1, 1, 0]);
});

describe("replay", () => {
  test.each([
    [50, 1],
    [150, 0],
  ])("withinMs: a failure after %d ms", async (ms, others) => {
    const first = upstream().after(ms).reply(503, { json: {} });
    const { ask, models } = await chain("envoy", { errors: { withinMs: 100 } }, first);
    const answer = await ask();
    expect(answer.status).toBe(others ? 200 : 503);
    expect(models.distill.requests).toHaveLength(others);
  });

  test("timeouts.total: calls end with it, and none is begun behind it", async () => {
    const timeouts = { unary: 2000, total: 3000 };
    const first = upstream().after(1500).reply(503, { json: {} });
    const slow = upstream().after(1800).reply(200, good("r1-distill-32b"));
    const { ask, host, models } = await chain("envoy", { timeouts }, first, slow);
    const answer = await ask();
    expect([answer.status, host.callouts.length]).toEqual([504, 1]);
    expect(answer.json()).toMatchObject({
      error: { message: "All model targets failed (r1: status_503, distill: timeout)" },
    });
    expect(models.qwen.requests).toHaveLength(0);
    const patient = await chain(
      "envoy",
      { timeouts: { unary: 2000 } },
      upstream().after(1500).reply(503, { json: {} }),
      upstream().after(1800).reply(200, good("r1-distill-32b")),
    );
    expect((await patient.ask()).status).toBe(200);
  });

  test("neverOnBody takes the place of the refusals it has by default", async () => {
    const neverOnBody = [{ status: "500", path: "error.code", in: ["mine"] }];
    const asked = async (status: number, code: string) => {
      const { ask, models } = await chain("envoy", { errors: { neverOnBody } }, busy(status, code));
      await ask();
      return models.distill.requests.length;
    };
    expect(await asked(500, "mine")).toBe(0);
    expect(await asked(503, "mine")).toBe(1);
    expect(await asked(500, "content_filter")).toBe(1);
  });

  test("optOut by a header of the operator's own", async () => {
    const optOut = { header: "X-No", values: ["yes", "Please"] };
    for (const [name, value, others] of [
      ["x-no", "yes", 0],
      ["x-no", "YES", 0],
      ["x-no", "Please", 0],
      ["x-no", "off", 1],
      ["x-no", "off, yes", 0], // as lines of one header arrive: the last counts
      ["x-no", "yes,off", 1],
      ["x-model-fallback", "off", 1],
    ] as const) {
      const { ask, models } = await chain("envoy", { optOut }, busy());
      await ask({ headers: { [name]: value } });
      expect([name, value, models.distill.requests.length]).toEqual([name, value, others]);
    }
  });
});
