import { redis, upstream } from "proxy-wasm-test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DurableRedis } from "../../support/durable-redis.js";
import {
  ask,
  completion,
  higress,
  isHit,
  JSON_TYPE,
  question,
  REDIS_CLUSTER,
  textOf,
} from "./support.js";

// A real Redis behind Higress's host call is killed while requests are under way, and started again:
// each of them is answered, none hangs, and answers come from Redis again afterwards.

const PASSWORD = "killed-secret";
const LIMIT_MS = 60_000;
const PATIENCE = { timeout: 20_000, interval: 20 };
const CLIENTS = 8;
const QUESTIONS = 20;
const MANY = 100;

let server: DurableRedis;
beforeAll(async () => {
  server = await DurableRedis.start(PASSWORD);
}, LIMIT_MS);
afterAll(() => server.stop());

const CASES: [string, object, object][] = [
  ["nothing else", {}, {}],
  ["one leader per question", {}, { singleFlight: { maxWaitMs: 500 } }],
  ["a table in front", { l1: { ttl: 1 } }, {}],
  ["lifetimes and a table in front", { cacheTTL: 600, l1: { ttl: 1 } }, {}],
];

/** A model that answers what it was asked. */
const echo = () =>
  upstream().handle(({ body }) => {
    const { messages } = JSON.parse(body) as { messages: { content: string }[] };
    const text = completion(`${messages[0]?.content} answered`);
    return { status: 200, headers: JSON_TYPE, body: text };
  });

test.each(CASES)(
  "Redis is killed under load, and comes back: %s",
  async (name, inCache, more) => {
    const login = { type: "redis", serviceName: "redis.dns", password: PASSWORD, timeout: 2000 };
    const { host } = await higress(
      { cache: { ...login, ...inCache }, cacheVersion: name, ...more },
      {
        trace: false,
        clusters: { backend: echo(), [REDIS_CLUSTER]: redis({ url: server.url }) },
      },
    );
    const replies: boolean[] = [];
    let isOver = false;
    const client = async (_client: unknown, index: number): Promise<void> => {
      for (let i = index; !isOver; i++) {
        const asked = `q${i % QUESTIONS}`;
        const reply = await ask(host, question(asked));
        expect([reply.status, textOf(reply)]).toEqual([200, `${asked} answered`]);
        replies.push(isHit(reply));
      }
    };
    const further = async (count: number): Promise<boolean[]> => {
      const from = replies.length;
      await expect.poll(() => replies.length - from, PATIENCE).toBeGreaterThan(count);
      return replies.slice(from);
    };
    const errors = () => Number(host.metrics.all["ai_cache_backend_error"] ?? 0);
    const clients = Array.from({ length: CLIENTS }, client);
    try {
      await further(MANY);
      expect(await further(MANY)).toContain(true);
      expect(errors()).toBe(0);
      await server.kill();
      try {
        const isOpen = async () => {
          await host.clock.advance(500); // what the table in front has, ends
          return host.metrics.all["ai_cache_store_breaker_open"];
        };
        await expect.poll(isOpen, PATIENCE).toBe(1);
        expect(errors()).toBeGreaterThan(0);
        await host.clock.advance(2000);
        expect(await further(MANY)).toContain(false);
      } finally {
        await server.revive();
      }
      await host.clock.advance(4000);
      const isWell = async () => (await further(MANY)).slice(-CLIENTS).every((isOne) => isOne);
      await expect.poll(isWell, PATIENCE).toBe(true);
      expect(host.metrics.all["ai_cache_store_breaker_open"]).toBe(0);
    } finally {
      isOver = true;
      await Promise.all(clients);
      await host.close();
    }
  },
  LIMIT_MS,
);
