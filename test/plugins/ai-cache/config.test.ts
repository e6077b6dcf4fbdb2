import { LoadError, type Host } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import {
  refusedConfigurations,
  testConfigurations,
  validConfigurations,
} from "../configurations.js";
import { ask, gateway, higress, load, MEMORY, PEER, question } from "./support.js";

testConfigurations({ plugin: "ai-cache", load });

const VECTOR = { type: "chroma", serviceName: "chroma.dns", collectionID: "c" };
const EMBEDDING = { type: "ollama", serviceName: "ollama.dns" };

describe("what a start logs", () => {
  const cases: [string, object | string, string[]][] = [
    [
      "answers that models share",
      PEER,
      ["info answers of one model are given for others: cacheKeyPartition has no model, no system"],
    ],
    [
      "what belongs to another type",
      { cache: { type: "memory", l1: { ttl: 5 } } },
      ["warn l1 has no effect with type memory", "info plugin start successfully"],
    ],
    [
      "a table in front of Redis by the wrong name",
      {
        cache: { ...PEER.cache, memory: {}, token: "t", dialect: null },
        cacheKeyPartition: ["model"],
      },
      ["warn memory has no effect with type redis", "warn token has no effect with type redis"],
    ],
    [
      "a vector database that is not used",
      { ...PEER, vector: VECTOR, embedding: EMBEDDING },
      ["warn enableSemanticCache is not set: vector is not used, only cache is"],
    ],
    [
      "a database whose scores nobody has chosen",
      {
        embedding: EMBEDDING,
        vector: { type: "qdrant", serviceName: "q.dns", collectionID: "c" },
      },
      [
        "warn vector.threshold is not set: scores of this database grow with similarity, nothing is accepted",
      ],
    ],
    [
      "a threshold of similarities, and nobody says on which side of it they are near",
      {
        embedding: EMBEDDING,
        vector: { type: "qdrant", serviceName: "q.dns", collectionID: "c", threshold: 0.9 },
      },
      [
        "warn vector.thresholdRelation is not set: scores of this database grow with similarity, and lt accepts what is unlike",
      ],
    ],
    [
      "a vector database without anybody who embeds",
      { ...MEMORY, vector: VECTOR, enableSemanticCache: true },
      [
        "warn vector and embedding need each other: no neighbour is found",
        "info plugin start successfully",
      ],
    ],
    [
      "an embedding service without a vector database",
      { ...MEMORY, embedding: EMBEDDING },
      [
        "warn vector and embedding need each other: no neighbour is found",
        "info plugin start successfully",
      ],
    ],
    [
      "both, and nothing to say",
      { ...MEMORY, vector: VECTOR, embedding: EMBEDDING, enableSemanticCache: false },
      ["info plugin start successfully"],
    ],
    [
      "a Redis that the gateway does not know",
      { cache: { type: "redis", serviceName: "elsewhere.dns" } },
      [
        "warn failed to init redis: error status returned by host: bad argument, will retry later",
        "error redis init failed, will try later",
      ],
    ],
    [
      "what is not JSON: its length, never its text",
      "hello",
      ["warn the plugin configuration is not a valid json: 5 bytes"],
    ],
  ];

  test.each(cases)("%s", async (_what, config, expected) => {
    const { lines } = await load(config);
    expect(lines.slice(0, expected.length)).toEqual(expected);
  });
});

/** Of the answers in memory, in seconds; null: for ever. */
function lifetimes(host: Host): (number | null)[] {
  const values = host.sharedData.keys("one").map((key) => host.sharedData.get(key, "one")?.value);
  const slots = values.map((value) => Buffer.from(value ?? []));
  const answers = slots.filter((slot) => slot.subarray(0, 4).toString() === "AIC1");
  return answers.map((slot) => {
    const [created, expires] = [slot.readBigInt64LE(40), slot.readBigInt64LE(48)];
    return expires === 0n ? null : Number(expires - created) / 1000;
  });
}

describe("plain Envoy", () => {
  test("has no call for Redis, and says what there is", async () => {
    const error = await gateway(PEER).then(null, (reason: unknown) => reason);
    if (!(error instanceof LoadError)) throw error;
    expect(error.logs.map(({ text }) => text).join("\n")).toContain(
      "cache.type: Envoy has no call for Redis; use memory or redis-http",
    );
  });

  test("keeps answers in its memory when nothing else is said", async () => {
    const host = await gateway({});
    await ask(host, question("hi"));
    expect((await ask(host, question("hi"))).details).toBe("ai-cache.hit");
    await host.close();
  });

  test.each<[object, number | null]>([
    [{}, 3600],
    [{ memory: { maxEntries: 64 } }, 3600],
    [{ cache: { type: "memory" } }, 3600],
    [{ cache: { type: "memory", cacheTTL: 60 } }, 60],
    [{ cache: { type: "memory", cacheTTL: 0 } }, null],
  ])("keeps them for so many seconds: %j %j", async (config, seconds) => {
    const host = await gateway(config);
    await ask(host, question("hi"));
    expect(lifetimes(host)).toEqual([seconds]);
    await host.close();
  });

  test("does not with neighbours: then they are all there is", async () => {
    const host = await gateway({ vector: VECTOR, embedding: EMBEDDING });
    await ask(host, question("hi"));
    expect((await ask(host, question("hi"))).details).not.toBe("ai-cache.hit");
    await host.close();
  });
});

test("the gateway is told each login once, however many rules use it", async () => {
  const redis = (more: object = {}) => ({
    cache: { type: "redis", serviceName: "elsewhere.dns", ...more },
  });
  const rules = [redis(), redis({ cacheTTL: 5 }), redis({ database: 1 }), redis({ timeout: 5 })];
  const _rules_ = rules.map((rule, i) => ({ _match_route_: [`r${i}`], ...rule }));
  const { lines } = await load({ ...redis(), _rules_ });
  expect(lines.filter((line) => line.includes("failed to init redis"))).toHaveLength(3);
});

test("rules with one login have one Redis, and their own keys", async () => {
  const rule = { ...PEER.cache, cacheKeyPrefix: "rule:" };
  const { host, redis } = await higress(
    { ...PEER, _rules_: [{ _match_route_: ["r"], cache: rule }] },
    { routes: [{ match: { prefix: "/" }, name: "r", cluster: "backend" }] },
  );
  await ask(host, question("q"));
  expect(redis.commands.map(([, key]) => key)).toEqual(["rule:q", "rule:q"]);
  await host.close();
});

test("two parts of a configuration cannot have one table in two sizes", async () => {
  const rule = { _match_route_: ["r"], cache: { type: "memory", memory: { maxEntries: 64 } } };
  const { accepted, lines } = await load({ ...MEMORY, _rules_: [rule] });
  expect(accepted).toBe(false);
  expect(lines).toContain(
    "warn parse rule config failed: _rules_[0].cache.memory: another part of the configuration has this namespace in another size",
  );
});

test("no start, good or bad, writes a secret into the log", async () => {
  const configs = [
    ...validConfigurations("ai-cache").map(([, config]) => config),
    ...refusedConfigurations("ai-cache").map(([, { config }]) => config),
  ];
  for (const config of configs) {
    const { lines } = await load(config, { logLevel: "trace" });
    expect(lines.filter((line) => line.includes("secret-token"))).toEqual([]);
  }
});
