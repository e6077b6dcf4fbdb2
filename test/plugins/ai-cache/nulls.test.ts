import { upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { ServiceCluster } from "./service-cluster.js";
import { SemanticGateway } from "./semantic-gateway.js";
import {
  ask,
  begin,
  completion,
  gateway,
  higress,
  isHit,
  JSON_TYPE,
  load,
  MEMORY,
  PEER,
  question,
  textOf,
} from "./support.js";

// In YAML, a field with nothing behind it is null. For fields that Higress's plugin does not have, that
// is the same as none: nothing that is safe by default opens by it. Its own fields mean what they do there.

const ALICE = { "x-mse-consumer": "alice" };
const BOB = { "x-mse-consumer": "bob" };

describe("null opens nothing", () => {
  test.each<[what: string, config: object, answer: { status?: number; body?: string }]>([
    ["cacheStatus", { cacheStatus: null }, { status: 418 }],
    [
      "cacheFinishReasons",
      { cacheFinishReasons: null },
      { body: completion("a").replace('"stop"', '"length"') },
    ],
    ["maxValueBytes", { maxValueBytes: null }, { body: completion("a".repeat(1_048_577)) }],
  ])("%s", async (_what, config, { status = 200, body = completion("a") }) => {
    const backend = upstream().reply(status, { headers: JSON_TYPE, body });
    const cache = { type: "memory", memory: { maxEntries: 8, maxEntryBytes: 2_000_000 } };
    const host = await gateway({ cache, ...config }, { clusters: { backend } });
    for (let i = 0; i < 2; i++) expect(isHit(await ask(host, question("q")))).toBe(false);
    await host.close();
  });

  test.each<[string, object]>([
    ["memory", MEMORY],
    ["redis", PEER],
  ])("cacheKeyPartition: consumers keep their answers in %s", async (_what, config) => {
    const { host } = await higress({ ...config, cacheKeyPartition: null });
    await ask(host, question("q"), ALICE);
    expect(isHit(await ask(host, question("q"), BOB))).toBe(false);
    expect(isHit(await ask(host, question("q"), ALICE))).toBe(true);
    await host.close();
  });

  test("consumerHeader", async () => {
    const host = await gateway({ ...MEMORY, consumerHeader: null });
    await ask(host, question("q"), ALICE);
    expect(isHit(await ask(host, question("q"), BOB))).toBe(false);
    await host.close();
  });

  test("hashKey: keys of redis-http stay hashed", async () => {
    const rest = new ServiceCluster(() => ({ status: 200, body: { result: null } }));
    const cache = { type: "redis-http", cluster: "rest" };
    const host = await gateway(
      { cache, hashKey: null, cacheKeyPartition: [] },
      { clusters: { rest } },
    );
    await ask(host, question("q"));
    expect(rest.requests[0]?.body).toMatch(/^\["get","higress-ai-cache:v1:[0-9a-f]{64}"\]$/);
    await host.close();
  });

  test("maxKeyBytes", async () => {
    const host = await gateway({ ...MEMORY, maxKeyBytes: null });
    const long = question("q".repeat(65_537));
    for (let i = 0; i < 2; i++) expect(isHit(await ask(host, long))).toBe(false);
    expect(host.metrics.all["ai_cache_bypass"]).toBe(2);
    await host.close();
  });

  test("lookupDeadlineMs", async () => {
    const { host, redis } = await higress({ ...PEER, lookupDeadlineMs: null });
    redis.after(9000);
    const from = host.clock.now;
    expect(textOf(await ask(host, question("q")))).toBe("Hello");
    expect(host.clock.now - from).toBeGreaterThanOrEqual(3000);
    expect(host.clock.now - from).toBeLessThan(3500);
    await host.close();
  });

  test("requireThreshold: a neighbour of any score is none", async () => {
    const vector = { threshold: null, thresholdRelation: null };
    const gateway = await SemanticGateway.open("envoy", {
      vector,
      more: { requireThreshold: null },
    });
    expect(await gateway.ask("How tall is Mount Everest?")).toBe("answer 1");
    expect(await gateway.ask("How tall is Mount Everest?")).toBe("answer 2");
  });
});

describe("null asks for nothing", () => {
  test("l1 and singleFlight", async () => {
    const cache = { ...PEER.cache, l1: null };
    const { host, redis } = await higress({ cache, singleFlight: null });
    for (let i = 0; i < 2; i++) await ask(host, question("q"));
    expect(redis.commands.map(([name]) => name)).toEqual(["get", "set", "get"]);
    const streams = [await begin(host, question("r")), await begin(host, question("r"))];
    for (const stream of streams) await stream.response();
    expect(host.metrics.all["ai_cache_coalesced"] ?? 0).toBe(0);
    await host.close();
  });

  test.each<[string, object]>([
    ["compat", { compat: null }],
    ["requireTerminator", { requireTerminator: null }],
    ["replay, streamReplay, cachedUsage", { replay: null, streamReplay: null, cachedUsage: null }],
    ["bypassOn", { bypassOn: null }],
    ["cacheVersion", { cacheVersion: null }],
    ["maxTemperature", { maxTemperature: null, maxConversationMessages: null }],
    ["singleFlight.maxWaitMs", { singleFlight: { maxWaitMs: null } }],
    [
      "the size of the table",
      {
        cache: {
          type: "memory",
          memory: { maxEntries: null, ways: null, maxEntryBytes: null, maxBytes: null },
        },
      },
    ],
    ["its name", { cache: { type: "memory", memory: { namespace: null } } }],
    ["the table", { cache: { type: "memory", memory: null } }],
    [
      "redis-http",
      { cache: { type: "redis-http", cluster: "r", dialect: null, token: null, pathPrefix: null } },
    ],
    ["the table in front of Redis", { cache: { ...PEER.cache, l1: { ttl: null } } }],
    [
      "the vector database",
      {
        embedding: { type: "ollama", serviceName: "e.dns" },
        vector: {
          type: "chroma",
          serviceName: "v.dns",
          collectionID: "c",
          apiVersion: null,
          partitionMode: null,
          tenant: null,
          database: null,
        },
      },
    ],
  ])("%s", async (_what, config) => {
    const { accepted, lines } = await load({ ...MEMORY, ...config });
    expect([accepted, lines.at(-1)]).toEqual([true, "info plugin start successfully"]);
  });
});

test("Higress's own fields: null is a text of no bytes, or 0", async () => {
  const { host, redis } = await higress({ cache: { ...PEER.cache, cacheKeyPrefix: null } });
  await ask(host, question("q"));
  expect(redis.commands[0]).toEqual(["get", "q"]);
  await host.close();
  // `redis` replaces `cache` whatever it holds, and names no service then.
  const { lines } = await load({ ...MEMORY, redis: null });
  expect(lines.join("\n")).toContain("redis.serviceName: cache service name is required");
});

test("first generation's prefix beside redis, null: the usual one", async () => {
  const redis = { serviceName: "redis.dns" };
  const { host, redis: server } = await higress({ redis, cacheKeyPrefix: null });
  await ask(host, question("q"));
  expect(server.commands[0]).toEqual(["get", "higress-ai-cache:q"]);
  await host.close();
});
