import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { LoadError } from "proxy-wasm-test";
import { ask, openDriver, Servers, START, type Reply } from "./stores.js";

const bucket = (key: string, limit = 100, window = 3600, algorithm = "fixed") => ({
  key,
  limit,
  window,
  algorithm,
});
const one = { store: { type: "shared", slots: 1 } };
const used = (reply: Reply): number => reply.states?.[0]?.[1] ?? -1;

describe("the slot table of shared data", () => {
  test("holds 64 counters in one slot, each with its own count", async () => {
    await using host = await openDriver(one);
    for (let i = 0; i < 64; i++) {
      await ask(host, { op: "charge", buckets: [bucket(`k${i}`)], tokens: i + 1 });
    }
    for (let i = 0; i < 64; i++) {
      expect(used(await ask(host, { op: "check", buckets: [bucket(`k${i}`)] }))).toBe(i + 1);
    }
    expect(host.metrics.all["driver_store_evictions"]).toBeUndefined();
  });

  test("a full slot drops the counter that ends first, and counts that", async () => {
    await using host = await openDriver(one);
    for (let i = 0; i < 65; i++) {
      const length = i === 20 ? 60 : 3600;
      await ask(host, { op: "charge", buckets: [bucket(`k${i}`, 100, length)], tokens: 1 });
    }
    expect(used(await ask(host, { op: "check", buckets: [bucket("k20", 100, 60)] }))).toBe(0);
    for (const key of ["k0", "k19", "k21", "k64"]) {
      expect(used(await ask(host, { op: "check", buckets: [bucket(key)] }))).toBe(1);
    }
    expect(host.metrics.all["driver_store_evictions"]).toBe(1);
  });

  test("what has ended makes room before anything is dropped", async () => {
    await using host = await openDriver(one, { startTime: START });
    for (let i = 0; i < 64; i++) {
      await ask(host, { op: "charge", buckets: [bucket(`k${i}`, 100, 60)], tokens: 1 });
    }
    await host.clock.advance(61_000);
    await ask(host, { op: "charge", buckets: [bucket("new")], tokens: 7 });
    expect(host.metrics.all["driver_store_evictions"]).toBeUndefined();
    expect(used(await ask(host, { op: "check", buckets: [bucket("new")] }))).toBe(7);
    expect(used(await ask(host, { op: "check", buckets: [bucket("k1", 100, 60)] }))).toBe(0);
  });

  test("what was given back to nothing keeps no place, and pushes out nobody", async () => {
    await using host = await openDriver(one);
    for (let i = 0; i < 63; i++) {
      await ask(host, { op: "charge", buckets: [bucket(`k${i}`)], tokens: 1 });
    }
    for (let i = 0; i < 100; i++) {
      const buckets = [bucket(`stranger${i}`, 100, 86400)];
      await ask(host, { op: "reserve", as: "r", buckets, tokens: 9 });
      await ask(host, { op: "settle", as: "r", difference: -9 });
      await ask(host, { op: "charge", buckets, tokens: 0 });
    }
    expect(host.metrics.all["driver_store_evictions"]).toBeUndefined();
    expect(used(await ask(host, { op: "check", buckets: [bucket("k0")] }))).toBe(1);
  });

  test("a fixed window ends when its length is over", async () => {
    await using host = await openDriver(one, { startTime: START });
    await ask(host, { op: "charge", buckets: [bucket("k", 100, 60)], tokens: 5 });
    // As in Redis, its last millisecond belongs to it.
    await host.clock.advance(60_000);
    expect(used(await ask(host, { op: "check", buckets: [bucket("k", 100, 60)] }))).toBe(5);
    await host.clock.advance(1);
    expect(used(await ask(host, { op: "check", buckets: [bucket("k", 100, 60)] }))).toBe(0);
  });

  test("32 lost races are an error, not a loop", async () => {
    await using host = await openDriver(one, { strict: "off" });
    host.inject.status("proxy_set_shared_data", 8);
    const reply = await ask(host, { op: "reserve", as: "r", buckets: [bucket("k")], tokens: 1 });
    expect(reply.error).toBe("shared data is contended");
    host.inject.clear();
    expect(used(await ask(host, { op: "check", buckets: [bucket("k")] }))).toBe(0);
  });

  test("four workers together admit what fits, and give back what was denied", async () => {
    await using host = await openDriver(
      { store: { type: "shared", slots: 2 } },
      { lifecycle: "envoy", workers: 4 },
    );
    const buckets = ["a", "b", "c"].map((key) => bucket(key, key === "c" ? 50 : 1000));
    const asked = Array.from({ length: 40 }, (_request, i) =>
      ask(host, { op: "reserve", as: `r${i}`, buckets, tokens: 5 }, i % 4),
    );
    const admitted = (await Promise.all(asked)).filter(({ denied }) => denied === undefined);
    expect(admitted).toHaveLength(10);
    const states = (await ask(host, { op: "check", buckets })).states ?? [];
    expect(states.map((state) => state[1])).toEqual([50, 50, 50]);
  });
});

describe("the configuration of a store", () => {
  const rest = (more: object) => ({ store: { type: "redis-http", cluster_name: "c", ...more } });
  const shared = (more: object) => ({ store: { type: "shared" }, ...more });
  test.each<[object, string]>([
    [{ store: { type: "disk" } }, "store.type"],
    [{ store: { type: "shared", slots: 3 } }, "store.slots"],
    [{ store: { type: "shared", slots: 0 } }, "store.slots"],
    [{ store: { type: "redis-http" } }, "store.cluster_name"],
    [rest({ service_name: "s.dns" }), "store.cluster_name"],
    [rest({ dialect: "soap" }), "store.dialect"],
    [rest({ database: 1 }), "store.database"],
    [rest({ dialect: "webdis", database: -1 }), "store.database"],
    [rest({ path: "x" }), "store.path"],
    [rest({ token: "a\nb" }), "store.token"],
    [rest({ token: "a", password: "b" }), "store.token"],
    [rest({ token: { value_from_env: "NO_SUCH" } }), "store.token"],
    [rest({ timeout: 0 }), "store.timeout"],
    [shared({ fail_mode: "maybe" }), "fail_mode"],
    [shared({ local_share: 0 }), "local_share"],
    [shared({ local_share: 1.5 }), "local_share"],
    [shared({ breaker: { failures: 0 } }), "breaker.failures"],
    [shared({ breaker: { open_ms: 0 } }), "breaker.open_ms"],
    [{ redis: {} }, "redis service name must not be empty"],
    [{ store: { type: "redis" } }, "missing redis in config"],
    [{ fail_mode: "local" }, "missing redis in config"],
  ])("%j is refused with %s", async (config, path) => {
    const refused = await openDriver(config).then(
      () => null,
      (error: unknown) => error,
    );
    expect(refused).toBeInstanceOf(LoadError);
    const lines = (refused as LoadError).logs.map(({ text }) => text).join("\n");
    expect(lines).toContain(path);
  });
});

describe("what a store is sent", () => {
  let servers: Servers;
  beforeAll(async () => {
    servers = await Servers.start();
  });
  afterAll(() => servers.stop());

  test.each(["upstash", "webdis"] as const)("%s: one script, its keys in one slot", async (via) => {
    await using host = await servers.open(via);
    const front = servers[via];
    front.commands.length = 0;
    const buckets = [bucket("p:{r}:a", 10), bucket("p:{r}:b", 10, 60)];
    await ask(host, { op: "reserve", as: "r", buckets, tokens: 3 });
    await ask(host, { op: "settle", as: "r", difference: -1 });
    await ask(host, { op: "take", as: "t", balances: ["plain"], tokens: 3 });
    expect(front.commands.map(([word]) => word)).toEqual(["eval", "eval", "eval"]);
    const keys = front.commands.map((words) => words.slice(3, 3 + Number(words[2])));
    // It remembers for a minute that this was done, should it be sent again.
    const once: unknown = expect.stringMatching(/^p:\{r\}:a:\d+$/);
    expect(keys).toEqual([
      ["p:{r}:a", "p:{r}:a", "p:{r}:b", "p:{r}:b", once],
      ["p:{r}:a", "p:{r}:b", once],
      ["plain", "{plain}:\nr"],
    ]);
  });
});
