import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { sleep } from "./envoy.js";
import type { Shape } from "./fallback-bootstrap.js";
import { failing, FallbackChain, stream } from "./fallback-chain.js";

// Envoy's outlier detection on the targets' clusters as breaker of native (model-fallback.md 3.4): it
// sees the statuses that the plugin leaves, so a bad start ejects as an error does.

const LIMIT = 300_000;
const TARGETS = ["a", "b"];
const OUTLIERS = {
  consecutive_5xx: 3,
  enforcing_consecutive_5xx: 100,
  interval: "0.2s",
  base_ejection_time: "1s",
  max_ejection_time: "1s",
  max_ejection_percent: 100,
};
const CONFIG = {
  targets: TARGETS.map((name) => ({ name, model: `model-${name}` })),
  chains: [{ name: "r1", targets: TARGETS }],
  timeouts: { firstToken: 1000, unary: 1000 },
  breaker: { enabled: false },
};

let chain: FallbackChain;
beforeAll(() => buildPlugins(["model-fallback"], ["envoy"]), LIMIT);
afterEach(() => chain.stop());

const BODY = { model: "r1", messages: [], stream: true };
const sick = [
  ["an error", failing(503)],
  ["a bad start", stream('{"error":{"message":"no"}}')],
] as const;
const shapes: Shape[] = ["composite", "aggregate"];
const cases = shapes.flatMap((shape) => sick.map((one) => [shape, ...one] as const));

describe("a target that fails three times in a row", () => {
  test.each(cases)("%s, %s: is left alone", { timeout: LIMIT }, async (shape, name, answer) => {
    chain = await FallbackChain.start({
      targets: TARGETS,
      config: CONFIG,
      shape,
      outliers: OUTLIERS,
    });
    chain.script("a", answer);
    const ask = async () => {
      const { status, headers } = await chain.ask(BODY);
      expect([status, headers.get("x-llm-target")]).toEqual([200, "b"]);
      return ["attempts", "from", "reason"].map((key) => headers.get(`x-fallback-${key}`));
    };
    const reason = name === "an error" ? "status_503" : "bad_start";
    for (let i = 0; i < 3; i++) expect(await ask()).toEqual(["2", "a", reason]);
    expect(await ask()).toEqual(["1", "a", "no_host"]);
    expect(chain.visits("a")).toHaveLength(3);

    // When its time is over it is asked again.
    chain.script("a", {});
    const served = async () => (await chain.ask(BODY)).headers.get("x-llm-target");
    while ((await served()) !== "a") await sleep(50);
    expect(chain.visits("a")).toHaveLength(1);
  });

  // Envoy counts 5xx only, and clients are to see the limit when all have it.
  test("a limit is no reason", async () => {
    chain = await FallbackChain.start({ targets: TARGETS, config: CONFIG, outliers: OUTLIERS });
    chain.script("a", failing(429));
    for (let i = 0; i < 5; i++)
      expect((await chain.ask(BODY)).headers.get("x-llm-target")).toBe("b");
    expect(chain.visits("a")).toHaveLength(5);
  });
});
