import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ask, CHAT, higress, isHit, JSON_TYPE, PEER, question, textOf } from "./support.js";

const PREFIX = "higress-ai-cache:";
const words = (commands: string[][]) => commands.map((command) => command.join(" "));

/** The key of a request with a partition, as the README describes it. */
function hashed(...records: [string, string][]): string {
  const text = records.map(([name, value]) => `${name}=${Buffer.byteLength(value)}:${value}`);
  return `${PREFIX}v1:${createHash("sha256").update(text.join("")).digest("hex")}`;
}

describe("Redis as Higress's plugin uses it", () => {
  test("a request without consumer has the peer's key, value and commands", async () => {
    const { host, redis } = await higress(PEER);
    await ask(host, question("How tall?"));
    await ask(host, question("How tall?", { stream: true }));
    expect(words(redis.commands)).toEqual([
      `get ${PREFIX}How tall?`,
      `set ${PREFIX}How tall? Hello`,
      `get ${PREFIX}How tall?`,
    ]);
    await host.close();
  });

  test("cacheTTL, cacheKeyPrefix and database go where they belong", async () => {
    const cache = { ...PEER.cache, cacheTTL: 60, cacheKeyPrefix: "" };
    const { host, redis } = await higress({ cache });
    await ask(host, question("k"));
    expect(words(redis.commands)).toEqual(["get k", "set k Hello ex 60"]);
    await host.close();
  });

  test("what the peer has stored is answered, and what it cannot replay as well", async () => {
    const { host, redis } = await higress(PEER);
    redis.command("set", `${PREFIX}old`, 'says "yes"');
    const reply = await ask(host, question("old"));
    expect([isHit(reply), textOf(reply)]).toEqual([true, 'says "yes"']);
    await host.close();
  });

  test("a consumer has keys of its own", async () => {
    const { host, redis } = await higress(PEER);
    await ask(host, question("q"), { "x-mse-consumer": "alice" });
    const key = hashed(["key", "q"], ["consumer", "alice"]);
    expect(words(redis.commands)).toEqual([`get ${key}`, `set ${key} Hello`]);
    expect(isHit(await ask(host, question("q"), { "x-mse-consumer": "bob" }))).toBe(false);
    await host.close();
  });

  test("a version, and hashKey, hash keys without partition, too", async () => {
    for (const [more, key] of [
      [{ cacheVersion: "7" }, hashed(["ver", "7"], ["key", "q"])],
      [{ hashKey: true }, hashed(["key", "q"])],
    ] as const) {
      const { host, redis } = await higress({ ...PEER, ...more });
      await ask(host, question("q"));
      expect(redis.commands[0]).toEqual(["get", key]);
      await host.close();
    }
  });

  test("the route, the system prompt, the stream: each present field is a record", async () => {
    const cacheKeyPartition = ["stream", "header:X-Tenant", "model"];
    const { host, redis } = await higress({ ...PEER, cacheKeyPartition });
    await ask(host, question("q", { stream: true }), { "x-tenant": "t" });
    expect(redis.commands[0]).toEqual([
      "get",
      hashed(["key", "q"], ["stream", "1"], ["header:x-tenant", "t"], ["model", "m"]),
    ]);
    await host.close();
  });

  test("compat: peer shares answers between consumers, and stores whatever comes", async () => {
    const { host, redis } = await higress({ ...PEER, compat: "peer" });
    await ask(host, question("q"), { "x-mse-consumer": "alice" });
    expect(isHit(await ask(host, question("q"), { "x-mse-consumer": "bob" }))).toBe(true);
    expect(redis.commands[0]).toEqual(["get", `${PREFIX}q`]);
    await host.close();
  });

  test.each([
    ["blank", " \n"],
    ["nothing", ""],
  ])("%s in Redis is a miss, and overwritten", async (_what, value) => {
    const { host, redis } = await higress(PEER);
    redis.command("set", `${PREFIX}q`, value);
    expect(textOf(await ask(host, question("q")))).toBe("Hello");
    expect(redis.commands.at(-1)).toEqual(["set", `${PREFIX}q`, "Hello"]);
    await host.close();
  });

  test("a key of another type is a miss, and overwritten", async () => {
    const { host, redis } = await higress(PEER);
    redis.command("lpush", `${PREFIX}q`, "x");
    expect(textOf(await ask(host, question("q")))).toBe("Hello");
    expect(redis.commands.at(-1)).toEqual(["set", `${PREFIX}q`, "Hello"]);
    expect(host.metrics.all["ai_cache_backend_error"]).toBe(1);
    await host.close();
  });

  test("a Redis that is gone is a miss; after five failures it is left alone", async () => {
    const { host, redis } = await higress(PEER);
    for (let i = 0; i < 20; i++) redis.fail();
    for (let i = 0; i < 8; i++) expect(textOf(await ask(host, question(`q${i}`)))).toBe("Hello");
    expect(host.metrics.all["ai_cache_store_breaker_open"]).toBe(1);
    redis.mend();
    await host.clock.advance(4000);
    await ask(host, question("again"));
    expect(isHit(await ask(host, question("again")))).toBe(true);
    await host.close();
  });

  test("a Redis that is slow costs no more than lookupDeadlineMs", async () => {
    const { host, redis } = await higress({ ...PEER, lookupDeadlineMs: 500 });
    redis.after(9000);
    const from = host.clock.now;
    const reply = await host
      .fetch(CHAT, { method: "POST", headers: JSON_TYPE, body: question("q") })
      .settle(20_000);
    expect(textOf(reply)).toBe("Hello");
    expect(host.clock.now - from).toBeLessThan(1000);
    expect(host.metrics.all["ai_cache_deadline"]).toBe(1);
    await host.close();
  });

  test("a client that leaves while Redis is asked harms nobody", async () => {
    const { host, redis } = await higress(PEER);
    redis.after(50);
    const stream = host.stream(`POST ${CHAT}`, { headers: JSON_TYPE });
    await stream.headers();
    await stream.data(question("q"), { end: true });
    await stream.abort();
    await host.clock.advance(200);
    expect(textOf(await ask(host, question("r")))).toBe("Hello");
    await host.close();
  });

  test("in front of it a table of this gateway: what was asked for lately costs no call", async () => {
    const l1 = { ttl: 10 };
    const { host, redis } = await higress({ cache: { ...PEER.cache, l1 } });
    redis.command("set", `${PREFIX}q`, "far");
    for (let i = 0; i < 3; i++) expect(textOf(await ask(host, question("q")))).toBe("far");
    expect(words(redis.commands)).toEqual([`get ${PREFIX}q`]);
    await host.clock.advance(11_000);
    await ask(host, question("q"));
    expect(redis.commands).toHaveLength(2);
    await ask(host, question("new"));
    expect(isHit(await ask(host, question("new")))).toBe(true);
    expect(words(redis.commands).slice(2)).toEqual([
      `get ${PREFIX}new`,
      `set ${PREFIX}new ${"Hello"}`,
    ]);
    await host.close();
  });
});

test("whole answers in Redis begin with a byte that no text has", async () => {
  const { host, redis } = await higress({ ...PEER, replay: "structured", cacheHeaders: true });
  await ask(host, question("q"));
  const value = redis.commands.at(-1)![2]!;
  expect(value.startsWith("\u0001AIC1{")).toBe(true);
  expect(JSON.parse(value.slice(5))).toMatchObject({
    v: 1,
    message: { role: "assistant", content: "Hello" },
    finish_reason: "stop",
  });
  await host.clock.advance(5000);
  const reply = await ask(host, question("q"));
  expect([textOf(reply), Number(reply.headers.get("age"))]).toEqual(["Hello", 5]);
  await host.close();
});
