import { upstream, type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { chain, exposed, header, HOSTS, TARGETS } from "./replay-chain.js";
import { gateway, JSON_TYPE, TARGET } from "./support.js";

// Keys of targets are lent by the rules of key-auth (key-auth.md 3.6): the consumer's own, else one
// for everybody; by weight; not before, after or without their time.

const KEYS: Json[] = [
  { value: "of-alice", consumers: ["alice"] },
  { value: "of-bob", consumers: ["bob"], expires_at: 1 },
  { value: "for-all", weight: 3 },
  { value: "for-all-too", weight: 1 },
  { value: "never", weight: 0 },
  { value: "off", disabled: true },
  { value: "old", expires_at: "2001-01-01T00:00:00Z" },
  { value: "early", not_before: "2999-01-01T00:00:00Z" },
];

/** What targets are sent as `authorization` for each of so many requests of a consumer. */
async function lent(
  providerKeys: Json,
  consumer: string | null,
  count = 1,
  consumerHeader = "x-mse-consumer",
): Promise<unknown[]> {
  const config = {
    consumerHeader,
    targets: [{ name: "a", model: "a", cluster: "backend", auth: { providerKeys } }],
  };
  await using host = await gateway(config, { trace: false });
  const found: unknown[] = [];
  for (let i = 0; i < count; i++) {
    const headers = { ...JSON_TYPE, ...(consumer ? { [consumerHeader]: consumer } : {}) };
    const body = '{"model":"m","messages":[]}';
    const reply = await host.fetch(TARGET, { method: "POST", headers, body }).settle();
    expect(reply.status).toBe(200);
    const pairs = reply.upstream[0]!.headers;
    found.push(pairs.find(([name]) => name === "authorization")?.[1]);
  }
  return found;
}

describe("native", () => {
  test("the consumer's own key", async () => {
    expect(new Set(await lent(KEYS, "alice", 5))).toEqual(new Set(["Bearer of-alice"]));
  });

  test("the consumer's own key, whoever it is by another header", async () => {
    expect(await lent(KEYS, "alice", 1, "x-team")).toEqual(["Bearer of-alice"]);
  });

  test.each([["carol"], [null]])("one for everybody: %s", async (consumer) => {
    const found = await lent(KEYS, consumer, 20);
    for (const key of found) expect(key).toMatch(/^Bearer for-all(-too)?$/);
  });

  test("one for everybody, by weight, while the own one is expired", async () => {
    const found = await lent(KEYS, "bob", 400);
    const often = found.filter((key) => key === "Bearer for-all").length;
    const seldom = found.filter((key) => key === "Bearer for-all-too").length;
    expect(often + seldom).toBe(400);
    // 300 and 100 are expected; six standard deviations are 52.
    expect(often).toBeGreaterThan(248);
    expect(often).toBeLessThan(352);
  });

  test("no key for this consumer: none is sent, and not another's", async () => {
    expect(await lent([KEYS[0]!], "bob")).toEqual([undefined]);
  });
});

describe.each(HOSTS)("replay, %s", (build) => {
  const targets = TARGETS.map((target, i) => ({
    ...(target as object),
    ...(i === 1 ? { auth: { providerKeys: [{ value: "of-alice", consumers: ["alice"] }] } } : {}),
  })) as Json[];

  test("a target without a key for the consumer is left out", async () => {
    for (const [consumer, served] of [
      ["alice", "distill"],
      ["bob", "qwen"],
    ] as const) {
      const failing = upstream().reply(503, { json: {} });
      const { ask, models } = await chain(build, { targets }, failing);
      const answer = await ask({ headers: { "x-mse-consumer": consumer } });
      expect(exposed(answer)).toMatchObject({ "x-llm-target": served, "x-fallback-attempts": "2" });
      expect(models.distill.requests.length).toBe(served === "distill" ? 1 : 0);
      if (served === "distill") {
        expect(header(models.distill, "authorization")).toBe("Bearer of-alice");
      }
    }
  });

  test("with a key for nobody the first target is asked without one", async () => {
    const auth = { providerKeys: [{ value: "old", expires_at: 1 }] };
    const first = { ...(TARGETS[0] as object), auth } as Json;
    const { ask, models } = await chain(build, { targets: [first] });
    expect((await ask()).status).toBe(200);
    expect(header(models.r1, "authorization")).toBeNull();
  });
});
