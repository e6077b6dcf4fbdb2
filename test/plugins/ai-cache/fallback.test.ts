import { upstream, type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { BUILDS } from "./semantic-gateway.js";
import { aiCache, CHAT, completion, gatewayOn, JSON_TYPE, MEMORY, question } from "./support.js";

// ai-cache before model-fallback: another model's answer is none of the one that was asked.

const URL = `http://a.test${CHAT}`;
const TARGETS: Json[] = [
  { name: "own", cluster: "backend" },
  { name: "spare", cluster: "spare", model: "spare-7b" },
];
const ASK = { method: "POST", headers: JSON_TYPE, body: question("Who?") };
const says = (text: string) =>
  upstream().reply(200, { headers: JSON_TYPE, body: completion(text) });

describe.each(BUILDS)("an answer of the next target on %s", (build) => {
  test.each([
    ["in place of an error with a body", { json: { error: {} } }, 1],
    ["in place of one without, which filters before do not see", {}, 0],
  ])("%s is not stored for the model that failed", async (_what, error, skipped) => {
    const own = upstream()
      .reply(503, error)
      .reply(200, { headers: JSON_TYPE, body: completion("own") });
    const spare = says("spare");
    const fallback = {
      name: "model-fallback",
      wasm: `build/${build}/model-fallback.wasm`,
      allowOnHeadersStopIteration: true,
      config: { strategy: "replay", targets: TARGETS },
    };
    const cache = aiCache(MEMORY, { wasm: `build/${build}/ai-cache.wasm` });
    await using host = await gatewayOn(
      build,
      {},
      {
        plugins: [cache, fallback],
        clusters: { backend: own, spare },
      },
    );
    const ask = async () => {
      const answer = await host.fetch(URL, ASK).settle();
      return answer.text().includes("spare") ? "spare" : "own";
    };
    expect([await ask(), await ask(), await ask()]).toEqual(["spare", "own", "own"]);
    expect([own.requests.length, spare.requests.length]).toEqual([2, 1]);
    const counts = host.metrics.all;
    expect([counts["ai_cache_store_skipped_fallback"] ?? 0, counts["ai_cache_hit"]]).toEqual([
      skipped,
      1,
    ]);
  });
});
