import { upstream } from "proxy-wasm-test";
import { expect, test } from "vitest";
import {
  ask,
  begin,
  CHAT,
  completion,
  higress,
  isHit,
  JSON_TYPE,
  PEER,
  question,
  textOf,
} from "./support.js";

// Answers of Redis that come too late, or never.

test("a Redis that hangs is left alone after five deadlines; the first one that answers ends that", async () => {
  const { host, redis } = await higress({ ...PEER, lookupDeadlineMs: 500 });
  for (let i = 0; i < 20; i++) redis.fail("never");
  const took = async (text: string): Promise<number> => {
    const from = host.clock.now;
    expect(textOf(await ask(host, question(text)))).toBe("Hello");
    return host.clock.now - from;
  };
  for (let i = 0; i < 5; i++) expect(await took(`q${i}`)).toBeGreaterThanOrEqual(500);
  expect(host.metrics.all["ai_cache_store_breaker_open"]).toBe(1);
  expect(await took("q6")).toBe(0);
  expect(host.metrics.all["ai_cache_deadline"]).toBe(5);
  redis.mend();
  await host.clock.advance(4000);
  await took("q7");
  expect(isHit(await ask(host, question("q7")))).toBe(true);
  expect(host.metrics.all["ai_cache_store_breaker_open"]).toBe(0);
  await host.close();
});

test("answers that come after the deadline do not speak for a Redis that is too slow", async () => {
  const backend = upstream()
    .after(2000)
    .reply(200, { headers: JSON_TYPE, body: completion("Hello") });
  const config = { ...PEER, lookupDeadlineMs: 500 };
  const { host, redis } = await higress(config, { clusters: { backend } });
  redis.after(1000);
  for (let i = 0; i < 5; i++) {
    const stream = await begin(host, question(`q${i}`));
    // Gone before the answer is stored: what is stored in time would speak for Redis.
    await host.clock.advance(1800);
    await stream.abort();
  }
  expect(host.metrics.all).toMatchObject({ ai_cache_deadline: 5, ai_cache_store_breaker_open: 1 });
  await host.close();
});

test("how long Redis has an old answer does not bring it back over a newer one", async () => {
  const long = "a longer answer than the table takes";
  const backend = upstream().reply(200, { headers: JSON_TYPE, body: completion(long) });
  const cache = { ...PEER.cache, cacheTTL: 100, l1: { maxEntryBytes: 10 } };
  const config = { cache, requestCacheControl: true };
  const { host, redis } = await higress(config, { clusters: { backend } });
  redis.command("set", "higress-ai-cache:q", "old", "ex", "50");
  redis.after(100);
  const first = await begin(host, question("q"));
  await host.clock.advance(150);
  expect(textOf(await first.response())).toBe("old");
  expect(redis.commands.at(-1)?.[0]).toBe("pttl");
  const headers = { ...JSON_TYPE, "cache-control": "no-cache" };
  const second = host.stream(`POST ${CHAT}`, { headers });
  await second.headers();
  await second.data(question("q"), { end: true });
  expect(textOf(await second.response())).toBe(long);
  await host.clock.advance(500);
  expect(textOf(await ask(host, question("q")))).toBe(long);
  await host.close();
});

test("how long lookups had to wait is measured, and counted by route and model where that is asked for", async () => {
  const { host, redis } = await higress({ ...PEER, metrics: { every_request: true } });
  redis.after(40);
  await ask(host, question("q"));
  await ask(host, question("q"));
  expect(host.metrics.histogram("ai_cache_lookup_ms")).toEqual([40, 40]);
  const counted = Object.entries(host.metrics.all).filter(([name]) => name.includes("lookup_d"));
  expect(counted.map(([name, value]) => [name.split(".metric.")[1], value])).toEqual([
    ["ai_cache_lookup_duration", 80],
    ["ai_cache_lookup_duration_count", 2],
  ]);
  await host.close();
});
