import { createHost, upstream, type Json, type Upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import {
  BODY,
  chain,
  CHAT,
  exposed,
  good,
  HOSTS,
  metrics,
  PROFILES,
  SSE,
  STREAM,
  TARGETS,
} from "./replay-chain.js";

const COUNTED = { countStatus: ["429"] };
const ERROR = { error: { message: "no" } };

// Strategy `replay` with open breakers: who is asked first, and whether the answer streams.

describe.each(HOSTS)("%s", (build) => {
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

  test("as many probes as it takes may follow each other", async () => {
    const first = upstream().reply(503).reply(200, good("r1"));
    const breaker = { failures: 1, openSeconds: 10, closeAfter: 3 };
    const { ask, host } = await chain(build, { breaker }, first);
    await ask();
    await host.clock.advance(10_001);
    for (let i = 0; i < 3; i++) {
      expect(metrics(host)).toMatchObject({ "r1.breaker_state": i === 0 ? 1 : 2 });
      expect(exposed(await ask())).toMatchObject({ "x-llm-target": "r1" });
    }
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

  describe("which failures count", () => {
    const rule = { status: "400", path: "error.code", in: ["too_long"] };
    const CASES: [string, () => Upstream, Record<string, Json>, Record<string, Json>, boolean][] = [
      [
        "a request that is too long for it is not the target's fault",
        () => upstream().reply(400, { json: { error: { code: "too_long" } } }),
        { onBody: [rule] },
        {},
        false,
      ],
      [
        "unless that status is said to count",
        () => upstream().reply(400, { json: { error: { code: "too_long" } } }),
        { onBody: [rule] },
        { countStatus: ["400"] },
        true,
      ],
      ["another status than those that count", () => upstream().reply(500), {}, COUNTED, false],
      ["one of those", () => upstream().reply(429, { json: {} }), {}, COUNTED, true],
      [
        "a bad start has no status",
        () => upstream().reply(200, { json: ERROR }),
        {},
        COUNTED,
        true,
      ],
      ["neither has nobody", () => upstream().noEndpoints(), {}, COUNTED, true],
    ];

    test.each(CASES)("%s", async (_what, first, errors, breaker, opens) => {
      const config = { errors, breaker: { failures: 2, ...breaker } };
      const { ask, host } = await chain(build, config, first());
      for (let i = 0; i < 3; i++) {
        expect(exposed(await ask())).toMatchObject({ "x-llm-target": "distill" });
      }
      expect(metrics(host)["r1.breaker_opened"] ?? 0).toBe(opens ? 1 : 0);
    });
  });
});
