import { upstream, type Json } from "proxy-wasm-test";
import { expect, test } from "vitest";
import { chain, exposed, metrics } from "./replay-chain.js";

// Targets of one rank share its requests by weight (`replay`): which one is asked, and who follows.

const TARGETS: Json[] = [
  { name: "r1", cluster: "backend", rank: 0, weight: 3 },
  { name: "distill", cluster: "distill", rank: 0, weight: 1 },
  { name: "qwen", cluster: "qwen" },
];
const HEADER = "x-llm-cluster";

test("one of a rank is drawn, three to one, and is sent the request", async () => {
  const { ask, models, host } = await chain("envoy", { targets: TARGETS });
  let often = 0;
  for (let i = 0; i < 400; i++) {
    const told = exposed(await ask());
    const served = told["x-llm-target"];
    expect(["r1", "distill"]).toContain(served);
    // Whoever is drawn is meant: it is no fallback.
    expect([told["x-fallback-from"], told["x-fallback-attempts"]]).toEqual([undefined, "1"]);
    if (served === "r1") often++;
  }
  // 300 are expected, six standard deviations are 52; the harness draws the same every time.
  expect(often).toBeGreaterThan(248);
  expect(often).toBeLessThan(352);
  expect(models.r1.requests).toHaveLength(often);
  expect(models.distill.requests).toHaveLength(400 - often);
  expect(models.qwen.requests).toHaveLength(0);
  expect(metrics(host)).not.toHaveProperty("fallback_served");
  await host.close();
});

test("a weight of 0 is never drawn, but follows when the other fails", async () => {
  const targets = TARGETS.map((target, i) =>
    i === 1 ? { ...(target as object), weight: 0 } : target,
  );
  const failing = upstream().reply(503, { json: {} });
  const { ask, models } = await chain(
    "envoy",
    { targets: targets as Json[], breaker: { enabled: false } },
    failing,
  );
  for (let i = 0; i < 20; i++) {
    expect(exposed(await ask())).toMatchObject({
      "x-llm-target": "distill",
      "x-fallback-attempts": "2",
      "x-fallback-from": "r1",
    });
  }
  expect(models.r1.requests).toHaveLength(20);
  expect(models.qwen.requests).toHaveLength(0);
});

test("a fallback is one from the target that was drawn", async () => {
  const failing = () => upstream().reply(503, { json: {} });
  const config = { targets: TARGETS, breaker: { enabled: false } };
  const { ask } = await chain("envoy", config, failing(), failing());
  const seen = new Set<string | undefined>();
  for (let i = 0; i < 30; i++) {
    const told = exposed(await ask());
    expect(told).toMatchObject({ "x-llm-target": "qwen", "x-fallback-reason": "status_503" });
    seen.add(told["x-fallback-from"]);
  }
  expect(seen).toEqual(new Set(["r1", "distill"]));
});

test("with a cluster header the request itself goes to the one that is drawn", async () => {
  const { ask, host } = await chain("envoy", { targets: TARGETS, clusterHeader: HEADER });
  const seen = new Set<string>();
  for (let i = 0; i < 30; i++) {
    const reply = await ask();
    const steered = reply.upstream[0]!.headers.find(([name]) => name === HEADER)?.[1];
    expect(steered).toBe(exposed(reply)["x-llm-target"] === "r1" ? "backend" : "distill");
    seen.add(String(steered));
  }
  expect(seen.size).toBe(2);
  expect(host.callouts).toHaveLength(0);
});

test.each([
  ["who opts out", { headers: { "x-model-fallback": "off" } }],
  ["with a body that is too long", { body: { model: "m", text: "x".repeat(5000) } }],
])("a target of weight 0 gets no request of one %s", async (_what, init) => {
  const [drained, other, last] = TARGETS as [object, object, object];
  const targets = [{ ...drained, weight: 0 }, other, last] as Json[];
  const config = { targets, clusterHeader: HEADER, maxBodyBytes: 4096 };
  const { ask } = await chain("envoy", config);
  for (let i = 0; i < 5; i++) {
    const { headers } = (await ask(init)).upstream[0]!;
    expect(headers).toContainEqual([HEADER, "distill"]);
  }
});
