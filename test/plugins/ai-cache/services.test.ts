import { upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { aiCache, ask, gateway, higress, isHit, load, PEER, question } from "./support.js";

// Which service is called, how, and with whose credentials.

const rest = () =>
  upstream().handle(() => ({
    status: 200,
    headers: { "content-type": "application/json" },
    body: '{"result":null}',
  }));

describe("redis-http", () => {
  test.each<[object, string, string]>([
    [{ serviceName: "rest.dns" }, "rest.dns", "/"],
    [{ serviceName: "rest.dns", serviceHost: "db.example.com" }, "db.example.com", "/"],
    [{ serviceName: "rest.dns", pathPrefix: "/redis" }, "rest.dns", "/redis/"],
    [{ serviceName: "rest.dns", pathPrefix: "/redis/" }, "rest.dns", "/redis/"],
  ])("%j asks %s at %s", async (fields, authority, path) => {
    const front = rest();
    const cache = { type: "redis-http", token: "t", ...fields };
    const host = await gateway({ cache }, { clusters: { "outbound|80||rest.dns": front } });
    await ask(host, question("q"));
    expect(front.requests).toHaveLength(2);
    for (const request of front.requests) {
      expect([request.authority, request.path]).toEqual([authority, path]);
      expect(Object.fromEntries(request.headers)).toMatchObject({ authorization: "Bearer t" });
    }
    await host.close();
  });
});

test("each rule embeds with its own key, although the services are of one type", async () => {
  const embedder = upstream().reply(500);
  const semantic = (apiKey: string) => ({
    embedding: { type: "openai", cluster: "embedder", apiKey },
    vector: { type: "chroma", cluster: "chroma", collectionID: "c" },
  });
  const config = {
    ...semantic("global"),
    _rules_: ["a", "b"].map((name) => ({ _match_route_: [name], ...semantic(`key-${name}`) })),
  };
  const routes = ["a", "b", "c"].map((name) => ({
    name,
    match: { headers: { "x-route": name } },
    cluster: "backend",
  }));
  const clusters = { embedder, chroma: upstream().reply(500) };
  const host = await gateway(config, { routes, clusters, plugins: [aiCache(config)] });
  for (const name of ["a", "b", "c", "a"]) await ask(host, question("q"), { "x-route": name });
  const keys = embedder.requests.map(({ headers }) => new Map(headers).get("authorization"));
  expect(keys).toEqual(["key-a", "key-b", "global", "key-a"].map((key) => `Bearer ${key}`));
  await host.close();
});

test("raw keys of everybody and hashed ones of consumers stand side by side", async () => {
  const { host, redis } = await higress(PEER);
  const askers: Record<string, string>[] = [
    {},
    { "x-mse-consumer": "alice" },
    { "x-mse-consumer": "bob" },
  ];
  for (const asker of askers) expect(isHit(await ask(host, question("q"), asker))).toBe(false);
  for (const asker of askers) expect(isHit(await ask(host, question("q"), asker))).toBe(true);
  const keys = new Set(redis.commands.map(([, key]) => key));
  expect(keys.size).toBe(3);
  expect(keys).toContain("higress-ai-cache:q");
  await host.close();
});

test("of several errors the first is told: cache, embedding, vector, nothing at all, strategy", async () => {
  const parts = [
    ["cache", { type: "nonsense", serviceName: "s" }, "unknown cache service provider type"],
    ["embedding", { type: "nonsense", serviceName: "s" }, "unknown embedding service"],
    ["vector", { type: "nonsense" }, "unknown vector database service"],
    [null, null, "cannot be all empty"],
    ["cacheKeyStrategy", "nonsense", "invalid CacheKeyStrategy"],
  ] as const;
  for (const [i, [, , message]] of parts.entries()) {
    const config: Record<string, unknown> = {};
    for (const [field, value] of parts.slice(i)) if (field !== null) config[field] = value;
    if (i === parts.length - 1) config["cache"] = PEER.cache;
    const { accepted, lines } = await load(config);
    expect(accepted).toBe(false);
    const refusals = lines.filter((line) => line.includes("parse"));
    expect(refusals.join("\n")).toContain(message);
    for (const [, , other] of parts) {
      if (other !== message) expect(refusals.join("\n")).not.toContain(other);
    }
  }
});
