import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  ask,
  begin,
  CHAT,
  higress,
  isHit,
  JSON_TYPE,
  PEER,
  question,
  REDIS_CLUSTER,
  textOf,
} from "./support.js";

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

  describe("a question that looks like the key of somebody else's", () => {
    const ALICE = { "x-mse-consumer": "alice" };
    const theft = hashed(["key", "q"], ["consumer", "alice"]).slice(PREFIX.length);

    test("reads nothing of hers", async () => {
      const { host, redis } = await higress(PEER);
      await ask(host, question("q"), ALICE);
      expect(isHit(await ask(host, question(theft)))).toBe(false);
      const own = hashed(["key", theft]);
      expect(words(redis.commands).slice(2)).toEqual([`get ${own}`, `set ${own} Hello`]);
      expect(isHit(await ask(host, question(theft)))).toBe(true);
      await host.close();
    });

    test("plants nothing for her", async () => {
      const { host } = await higress(PEER);
      await ask(host, question(theft));
      expect(isHit(await ask(host, question("q"), ALICE))).toBe(false);
      await host.close();
    });

    test.each([
      ["without any prefix", "", `${PREFIX}${theft}`],
      ["with a part of hers", "higress-", `ai-cache:${theft}`],
      ["with all but the digits", `${PREFIX}v1:`, theft.slice(3)],
    ])("nor under a rule %s", async (_what, cacheKeyPrefix, asked) => {
      const cache = { ...PEER.cache, cacheKeyPrefix };
      const { host, redis } = await higress(PEER);
      await ask(host, question("q"), ALICE);
      const other = await higress({ cache }, { clusters: { [REDIS_CLUSTER]: redis } });
      expect(isHit(await ask(other.host, question(asked)))).toBe(false);
      await other.host.close();
      await host.close();
    });

    test("a digest too short, too long or in capitals is no key of anybody's", async () => {
      for (const asked of [theft.slice(0, -1), `${theft}0`, theft.toUpperCase(), theft.slice(3)]) {
        const { host, redis } = await higress(PEER);
        await ask(host, question(asked));
        expect(redis.commands[0]).toEqual(["get", `${PREFIX}${asked}`]);
        await host.close();
      }
    });
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

  test("one message that is in no list is all questions, as with the peer", async () => {
    const { host, redis } = await higress({ ...PEER, cacheKeyStrategy: "allQuestions" });
    for (const role of ["user", "assistant"]) {
      await ask(host, JSON.stringify({ messages: { role, content: "alone" } }));
    }
    expect(words(redis.commands)).toEqual([`get ${PREFIX}alone`, `set ${PREFIX}alone Hello`]);
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

describe("the table in front of Redis has nothing longer than Redis", () => {
  const KEY = `${PREFIX}q`;
  const open = (more: object = {}) =>
    higress({ cache: { ...PEER.cache, cacheTTL: 100, l1: { ttl: 60 } }, ...more });

  test("a text that others stored: Redis says how long it will have it", async () => {
    const { host, redis } = await open();
    redis.command("set", KEY, "far", "ex", "5");
    for (let i = 0; i < 3; i++) expect(textOf(await ask(host, question("q")))).toBe("far");
    expect(words(redis.commands)).toEqual([`get ${KEY}`, `pttl ${KEY}`]);
    await host.clock.advance(6000);
    expect(textOf(await ask(host, question("q")))).toBe("Hello");
    await host.close();
  });

  test("one without an end stays as long as the table keeps it", async () => {
    const { host, redis } = await open();
    redis.command("set", KEY, "far");
    await ask(host, question("q"));
    await host.clock.advance(59_000);
    await ask(host, question("q"));
    expect(redis.commands).toHaveLength(2);
    await host.clock.advance(2000);
    await ask(host, question("q"));
    expect(words(redis.commands).slice(2)).toEqual([`get ${KEY}`, `pttl ${KEY}`]);
    await host.close();
  });

  test.each([
    ["an error", { error: "NOPERM no permission" } as const],
    ["no connection", "drop" as const],
  ])("%s in place of the time: it is not kept", async (_what, failure) => {
    const { host, redis } = await open();
    redis.command("set", KEY, "far", "ex", "50");
    redis.after(50);
    const stream = await begin(host, question("q"));
    redis.fail(failure);
    await host.clock.advance(200);
    expect(textOf(await stream.response())).toBe("far");
    redis.after(0);
    expect(host.metrics.all["ai_cache_backend_error"]).toBe(1);
    await ask(host, question("q"));
    expect(words(redis.commands).slice(-2)).toEqual([`get ${KEY}`, `pttl ${KEY}`]);
    await host.close();
  });

  test("what was stored from here, and whole answers, which know their age, cost no such call", async () => {
    const { host, redis } = await open({ replay: "structured" });
    await ask(host, question("q"));
    expect(redis.commands.map(([name]) => name)).toEqual(["get", "set"]);
    await host.clock.advance(61_000);
    expect(isHit(await ask(host, question("q")))).toBe(true);
    await host.clock.advance(38_000);
    expect(isHit(await ask(host, question("q")))).toBe(true);
    await host.clock.advance(2000);
    expect(isHit(await ask(host, question("q")))).toBe(false);
    expect(redis.commands.map(([name]) => name)).toEqual(["get", "set", "get", "get", "set"]);
    await host.close();
  });

  test("a text that is too long for the table is answered all the same", async () => {
    const l1 = { ttl: 60, maxEntryBytes: 10 };
    const { host, redis } = await higress({ cache: { ...PEER.cache, cacheTTL: 100, l1 } });
    redis.command("set", KEY, "longer than that");
    for (let i = 0; i < 2; i++) {
      expect(textOf(await ask(host, question("q")))).toBe("longer than that");
    }
    expect(words(redis.commands)).toEqual([`get ${KEY}`, `get ${KEY}`]);
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
