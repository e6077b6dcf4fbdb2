import { createHost, upstream, type ClientResponse, type Host, type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { busy, nativeChain, well } from "./native-chain.js";
import { BODY, chain, CHAT, good, metrics } from "./replay-chain.js";

// `breaker`: what is counted, for how long, and what is left of it under trouble.

const JSON_TYPE = { "content-type": "application/json" };
const served = (answer: ClientResponse) => answer.headers.get("x-llm-target");
const isOpen = (host: Host, name: string) => `${name}.breaker_opened` in metrics(host);

test("requests that opt out count for no breaker", async () => {
  const config = { breaker: { failures: 2 } };
  const native = await nativeChain({ config, models: { a: busy(), b: well("b") }, steers: true });
  const replay = await chain("envoy", config, busy());
  for (const [{ ask, host }, name] of [
    [native, "a"],
    [replay, "r1"],
  ] as const) {
    for (let i = 0; i < 4; i++) {
      const answer = await ask({ headers: { "x-model-fallback": "off" } });
      expect(answer.status).toBe(503);
    }
    expect(isOpen(host, name)).toBe(false);
    for (let i = 0; i < 2; i++) expect((await ask()).status).toBe(200);
    expect(isOpen(host, name)).toBe(true);
  }
});

describe("a later target that `native` asks without its breaker", () => {
  // The first one fails, and is asked all the same.
  const countStatus = ["503"];
  const breaker = { failures: 2, openSeconds: 10, closeAfter: 2, countStatus };
  const opened = async () => {
    let ill = true;
    const b = upstream().handle(() => ({ status: ill ? 503 : 200, json: { choices: [] } }));
    const models = { a: busy(500), b, c: well("c") };
    const chain = await nativeChain({ config: { breaker }, models, steers: true });
    for (let i = 0; i < 2; i++) await chain.ask();
    expect(isOpen(chain.host, "b")).toBe(true);
    ill = false;
    const state = () => chain.host.metrics.all["model_fallback.0.b.breaker_state"];
    return { ...chain, state, fails: (now: boolean) => void (ill = now) };
  };

  test("closes it by good answers, once it is no longer to be left alone", async () => {
    const { ask, host, state } = await opened();
    for (let i = 0; i < 3; i++) expect(served(await ask())).toBe("b");
    expect(state()).toBe(1);
    await host.clock.advance(10_001);
    expect([served(await ask()), state()]).toEqual(["b", 1]);
    expect([served(await ask()), state()]).toEqual(["b", 0]);
  });

  test("and not with a failure between them", async () => {
    const { ask, host, state, fails } = await opened();
    await host.clock.advance(10_001);
    for (const now of [false, true, false]) {
      fails(now);
      await ask();
    }
    expect(state()).toBe(1);
  });
});

describe("windowSeconds: ten, in two halves", () => {
  // When failures come, in seconds; as many as open the breaker.
  test.each<[string, number[], boolean]>([
    ["within a half", [0, 4], true],
    ["in one half and the next", [0, 7], true],
    ["at the end of a half and of the next", [0, 4.9, 9.9], true],
    ["in three halves, the first of which is of the past", [0, 6, 12], false],
    ["with a half between them", [0, 11], false],
    ["far from each other", [0, 60, 120], false],
  ])("failures %s", async (_what, times, opens) => {
    const breaker = { failures: times.length, windowSeconds: 10 };
    const { ask, host } = await chain("envoy", { breaker }, busy());
    let now = 0;
    for (const time of times) {
      await host.clock.advance((time - now) * 1000);
      now = time;
      await ask();
    }
    expect(isOpen(host, "r1")).toBe(opens);
  });
});

describe("what a target asks to wait", () => {
  test.each<[string, Json, boolean]>([
    ["opens its breaker", {}, true],
    ["up to maxOpenSeconds", { maxOpenSeconds: 20 }, true],
    ["counts as any failure when it is longer", { openSeconds: 10, maxOpenSeconds: 19 }, false],
    ["or with honorRetryAfter off", { honorRetryAfter: false }, false],
  ])("%s", async (_what, breaker, opens) => {
    const first = upstream()
      .reply(429, { headers: { "retry-after": "20" }, json: {} })
      .reply(200, good("r1"));
    const config = { breaker: { failures: 2, openSeconds: 60, ...(breaker as object) } };
    const { ask, host } = await chain("envoy", config, first);
    expect(served(await ask())).toBe("distill");
    expect(isOpen(host, "r1")).toBe(opens);
    if (opens) {
      await host.clock.advance(19_000);
      expect(served(await ask())).toBe("distill");
      await host.clock.advance(1001);
    }
    expect(served(await ask())).toBe("r1");
  });
});

describe("another worker was faster", () => {
  const opened = async (lost: number) => {
    const { ask, host } = await chain("envoy", { breaker: { failures: 1 } }, busy());
    host.inject.status("proxy_set_shared_data", 8, { times: lost });
    expect(served(await ask())).toBe("distill");
    return isOpen(host, "r1");
  };

  test.each([1, 7])("%d times: it is counted all the same", async (lost) => {
    expect(await opened(lost)).toBe(true);
  });

  test("eight times: the failure is not counted, and the request is served", async () => {
    expect(await opened(8)).toBe(false);
  });
});

test("a client that leaves while another target is asked gives its probe back, and nothing is counted", async () => {
  const breaker = { failures: 1, openSeconds: 10, closeAfter: 1, countStatus: ["503"] };
  const second = upstream()
    .reply(503, { json: {} })
    .after(5000)
    .reply(200, good("r1-distill-32b"))
    .reply(200, good("r1-distill-32b"));
  const { ask, host, models } = await chain("envoy", { breaker }, busy(500), second);
  expect(served(await ask())).toBe("qwen");
  await host.clock.advance(10_001);
  const sent = host.stream(`POST ${CHAT}`, { headers: JSON_TYPE });
  await sent.headers();
  await sent.data(JSON.stringify(BODY), { end: true });
  await host.clock.advance(100);
  expect(models.distill.requests).toHaveLength(2); // the probe is under way
  const before = metrics(host);
  expect(served(await ask())).toBe("qwen"); // and nobody else probes
  await sent.abort();
  await host.clock.advance(1);
  const { "distill.breaker_opened": opened, "distill.breaker_state": state } = metrics(host);
  expect([opened, state]).toEqual([1, 2]);
  for (const name of ["distill.success", "distill.fail.reset", "distill.fail.timeout"])
    expect(metrics(host)[name]).toBe(before[name]);
  expect(served(await ask())).toBe("distill");
  expect(metrics(host)).not.toHaveProperty(["distill.breaker_state"]);
});

describe("a new configuration", () => {
  const TARGETS: Json[] = ["own", "spare"].map((name) => ({ name, cluster: name }));
  const plugin = (suffix: string, more: Record<string, Json>) => ({
    name: suffix,
    wasm: "build/envoy/model-fallback.wasm",
    vmId: "one",
    rootId: suffix,
    allowOnHeadersStopIteration: true,
    config: {
      strategy: "replay",
      targets: TARGETS,
      breaker: { failures: 1, openSeconds: 60 },
      enableOnPathSuffix: [suffix],
      ...more,
    },
  });

  // While one is replaced by the other both are there: requests that run, and new ones.
  test.each<[string, Record<string, Json>, string]>([
    ["with other times knows what the old one did", { timeouts: { unary: 5000 } }, "spare"],
    [
      "with a target of another host knows nothing of it",
      { targets: [{ ...(TARGETS[0] as object), host: "new.test" }, TARGETS[1]!] as Json },
      "own",
    ],
  ])("%s", async (_what, more, expected) => {
    const own = upstream().reply(503, { json: {} }).reply(200, good("own"));
    const host = await createHost({
      plugins: [plugin("/old", {}), plugin("/new", more)],
      clusters: { backend: own, own, spare: upstream().reply(200, good("spare")) },
    });
    const ask = (path: string) => {
      const init = { method: "POST", headers: JSON_TYPE, body: JSON.stringify(BODY) };
      return host.fetch(`http://a.test${path}`, init).settle();
    };
    expect(served(await ask("/old"))).toBe("spare");
    expect(served(await ask("/new"))).toBe(expected);
  });
});
