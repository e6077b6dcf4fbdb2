import { checkLeaks, upstream } from "proxy-wasm-test";
import "proxy-wasm-test/vitest";
import { expect, test } from "vitest";
import { begin, completion, gateway, JSON_TYPE, question } from "./support.js";

// Clients that leave while something is asked on their behalf: nothing of them stays.

const later = (body: string) =>
  upstream()
    .after(40)
    .handle(() => ({ status: 200, headers: JSON_TYPE, body }));

const SEMANTIC = {
  embedding: { type: "ollama", cluster: "embedding" },
  vector: { type: "chroma", cluster: "vectors", collectionID: "c" },
  enableSemanticCache: true,
};

test.each<[what: string, config: object]>([
  ["Redis", { cache: { type: "redis-http", cluster: "rest", l1: {} }, ...SEMANTIC }],
  ["who leads", { cache: { type: "memory" }, singleFlight: {}, ...SEMANTIC }],
  ["neighbours alone", SEMANTIC],
])("%s", async (_what, config) => {
  await using host = await gateway(config, {
    trace: false,
    clusters: {
      rest: later('{"result":null}'),
      embedding: later('{"embeddings":[[1,2]]}'),
      vectors: later('{"ids":[[]],"distances":[[]],"documents":[[]]}'),
      backend: later(completion("a")),
    },
  });
  const report = await checkLeaks(
    host,
    async (run) => {
      const text = question(`q${run >> 1}`);
      // At any of the steps: Redis, embedding, search, the model; or in none.
      const streams = [await begin(host, text), await begin(host, text)];
      await host.clock.advance((run % 6) * 40 + 20);
      for (const stream of streams) await stream.abort();
      await host.clock.advance(6000);
    },
    { runs: 150 },
  );
  expect(report.drift).not.toBeNull();
  expect(report).toHaveNoLeak();
});
