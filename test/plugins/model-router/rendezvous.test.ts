import { createHash } from "node:crypto";
import { createHost, upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { modelRouter } from "./support.js";

// `sticky.hashing: rendezvous`: the variant of a key, whatever the order. How much moves when weights
// change: test/unit/conditions/rendezvous.test.ts.

const KEYS = Array.from({ length: 200 }, (_, i) => `user-${i}`);
const VARIANTS = [
  { name: "gone", weight: 0 },
  { name: "baseline", weight: 50 },
  { name: "near", weight: 30.5 },
  { name: "far", weight: 19.5 },
];

/** As anybody can compute it. */
function variantOf(key: string): string {
  const distances = VARIANTS.map(({ name, weight }) => {
    const digest = createHash("sha256").update(`salt\0${key}\0${name}`).digest();
    return -Math.log2(Number(digest.readBigUInt64BE()) / 2 ** 64) / weight;
  });
  return VARIANTS[distances.indexOf(Math.min(...distances))]!.name;
}

/** The variant of each key, and how many calls of the host it took to find them all. */
async function ask(build: "envoy" | "higress", sticky: object, variants = VARIANTS) {
  const by = ["header:x-user"];
  const rules = [{ name: "r", sticky: { by, salt: "salt", ...sticky }, variants }];
  const config = { split: { responseHeader: "x-variant", rules } };
  await using host = await createHost({
    profile: build === "envoy" ? "envoy-1.40" : "higress-2.2",
    plugins: [{ ...modelRouter(config), wasm: `build/${build}/model-router.wasm` }],
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
    lifecycle: "single",
    trace: { kinds: ["host"] },
  });
  host.trace!.clear();
  const found: string[] = [];
  for (const key of KEYS) {
    const headers = {
      "content-type": "application/json",
      "x-user": key,
    };
    const init = { method: "POST", headers, body: '{"model":"m"}' };
    const answer = await host.fetch("/v1/chat/completions", init).settle();
    found.push(String(answer.headers.get("x-variant")));
  }
  return { found, calls: host.trace!.events.length };
}

describe.each(["envoy", "higress"] as const)("%s", (build) => {
  test("a key has the variant that is nearest, in any order of the list", async () => {
    const { found } = await ask(build, { hashing: "rendezvous" });
    expect(found).toEqual(KEYS.map(variantOf));
    const back = await ask(build, { hashing: "rendezvous" }, [...VARIANTS].reverse());
    expect(back.found).toEqual(found);
  });

  test("it asks the host for no more than ranges do", async () => {
    const { found, calls } = await ask(build, { hashing: "rendezvous" });
    const ranges = await ask(build, {});
    expect(ranges.calls).toBe(calls);
    expect(ranges.found).not.toEqual(found);
    expect((await ask(build, { hashing: "ranges" })).found).toEqual(ranges.found);
  });
});
