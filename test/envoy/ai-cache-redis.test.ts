import { Agent } from "node:http";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { askRedis, exchange } from "../support/ask-redis.js";
import { DurableRedis } from "../support/durable-redis.js";
import { RestRedis, type RestDialect } from "../support/rest-redis.js";
import { hasWebdis, WEBDIS, WebdisServer } from "../support/webdis-server.js";
import { AskedModel, inside } from "./asked-model.js";
import { CacheGateway, type Reply } from "./cache-gateway.js";

// A real Envoy that keeps answers in a real Redis behind HTTP: any text comes back as it was, for as long
// as it is good, and a Redis that dies under load is nobody's trouble.

const LIMIT_MS = 120_000;
const PASSWORD = "cache-secret";
const PATIENCE = { timeout: 30_000 };
const TTL = 600;
/** A busy machine is no fault. */
const SLOW_MS = 20_000;

/** Servers between Envoy and Redis. */
const FRONTS = {
  "an Upstash": "upstash",
  "a Webdis": "webdis",
  [WEBDIS]: "webdis",
} satisfies Record<string, RestDialect>;
type Front = keyof typeof FRONTS;
const NAMES = Object.keys(FRONTS) as Front[];

let model: AskedModel;
let redis: DurableRedis;
let upstash: RestRedis;
let imitation: RestRedis;
let webdis: WebdisServer | null = null;
let strict: WebdisServer | null = null;
let gate: CacheGateway | null = null;

beforeAll(async () => {
  await buildPlugins(["ai-cache"], ["envoy"]);
  model = await new AskedModel().start();
  redis = await DurableRedis.start(PASSWORD);
  upstash = await RestRedis.start(redis, "upstash");
  imitation = await RestRedis.start(redis, "webdis");
  if (!hasWebdis) return;
  webdis = await WebdisServer.start(redis);
  const acl = [
    { disabled: ["*"] },
    { http_basic_auth: "cache:the-word", enabled: ["GET", "SET", "PTTL"] },
  ];
  strict = await WebdisServer.start(redis, { acl });
}, LIMIT_MS);
afterAll(async () => {
  model?.stop();
  upstash?.stop();
  imitation?.stop();
  await webdis?.stop();
  await strict?.stop();
  await redis?.stop();
});
afterEach(async () => {
  await gate?.stop();
  gate = null;
});

function portOf(front: Front): number {
  if (front === WEBDIS) return webdis!.port;
  return (FRONTS[front] === "upstash" ? upstash : imitation).port;
}

/** A gateway whose keys no other test has. @param more fields of `cache` */
async function open(front: Front, more: object = {}, port = portOf(front)): Promise<CacheGateway> {
  const rest = { type: "redis-http", cluster: "rest", dialect: FRONTS[front] };
  const config = {
    cache: { ...rest, timeout: SLOW_MS, ...more },
    lookupDeadlineMs: SLOW_MS,
    cacheVersion: String(++versions),
  };
  gate = await CacheGateway.start(config, model.port, { rest: port });
  return gate;
}
let versions = 0;

const inRedis = (...words: string[]) => askRedis(redis.url, PASSWORD, words);

/** Asks for something new, and again when it is stored. */
async function twice(gateway: CacheGateway, question: string): Promise<void> {
  const first = await gateway.ask(question);
  expect([first.status, first.cache]).toEqual([200, "miss"]);
  await expect.poll(() => gateway.ask(question), PATIENCE).toEqual({ ...first, cache: "hit" });
}

for (const front of NAMES) {
  describe.skipIf(front === WEBDIS && !hasWebdis)(`behind ${front}`, () => testFront(front));
}

function testFront(front: Front): void {
  test("any text comes back as it was", async () => {
    const gateway = await open(front);
    for (const question of ["plain", 'with "quotes" / and % . + ?', "中文 😀 é", "a\nb\tc\\d"]) {
      await twice(gateway, question);
    }
    expect(await gateway.counter("ai_cache_backend_error")).toBe(0);
  });

  test("a text of a mebibyte, too", async () => {
    const text = 'Of all kinds: "quotes", \\ / . % + ? & 中文 😀 é\n\t'.repeat(19_200);
    expect(Buffer.byteLength(text)).toBeGreaterThan(1_000_000);
    expect(Buffer.byteLength(text)).toBeLessThan(1 << 20);
    model.says.set("long", inside(text));
    const gateway = await open(front);
    await twice(gateway, "long");
    expect((await gateway.ask("long")).text).toBe(text);
    expect(await gateway.counter("ai_cache_backend_error")).toBe(0);
  });

  test("and one that has every character up to ÿ", async () => {
    const text = Array.from({ length: 256 }, (_c, i) => String.fromCharCode(i)).join("");
    model.says.set("every", inside(text));
    const gateway = await open(front);
    await twice(gateway, "every");
    expect((await gateway.ask("every")).text).toBe(text);
  });

  test("bytes that are no text do no harm", async () => {
    const bytes = Buffer.from("a\xff\xc3(\x80b", "latin1");
    model.says.set("bytes", bytes);
    await inRedis("flushall");
    const gateway = await open(front);
    await gateway.ask("bytes");
    const again = () => gateway.ask("bytes");
    await expect.poll(async () => (await again()).cache, PATIENCE).toBe("hit");
    // JSON has no such bytes, so the client gets U+FFFD. What stands before Redis may do the same before.
    const readable = Buffer.from(bytes.toString());
    expect((await again()).text).toBe(readable.toString());
    const keys = (await inRedis("keys", "*")) as string[];
    const stored = await exchange(redis.url, PASSWORD, ["get", keys[0]!]);
    const expected = FRONTS[front] === "upstash" ? readable : bytes;
    expect(Buffer.from(stored as Uint8Array).toString("hex")).toBe(expected.toString("hex"));
  });

  test("answers have a lifetime, and live no longer", async () => {
    await inRedis("flushall");
    const gateway = await open(front, { cacheTTL: TTL });
    await twice(gateway, "lasting");
    const keys = (await inRedis("keys", "*")) as string[];
    expect(keys).toEqual([expect.stringMatching(/^higress-ai-cache:v1:[0-9a-f]{64}$/)]);
    expect(await inRedis("get", keys[0]!)).toBe("lasting for nobody");
    const left = Number(await inRedis("ttl", keys[0]!));
    expect(left).toBeGreaterThan(TTL - 60);
    expect(left).toBeLessThanOrEqual(TTL);

    await inRedis("pexpire", keys[0]!, "1");
    await expect.poll(() => inRedis("exists", keys[0]!), PATIENCE).toBe(0);
    expect((await gateway.ask("lasting")).cache).toBe("miss");
  });

  test(
    "Redis is killed under load and started again: every request is answered",
    async () => {
      const gateway = await open(front);
      const agents = Array.from({ length: 8 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
      const replies: Reply[] = [];
      let isOver = false;
      const more = async (count: number) => {
        const wanted = replies.length + count;
        await expect.poll(() => replies.length, PATIENCE).toBeGreaterThan(wanted);
      };
      const work = agents.map(async (agent, client) => {
        for (let i = 0; !isOver; i++) {
          const question = `q${(client + i) % 20}`;
          const reply = await gateway.ask(question, { agent });
          expect(reply).toMatchObject({ status: 200, text: `${question} for nobody` });
          replies.push(reply);
        }
        agent.destroy();
      });
      const load = Promise.all(work);
      await more(100);
      expect(replies.some((reply) => reply.cache === "hit")).toBe(true);
      await redis.kill();
      try {
        await more(200);
        await expect.poll(() => gateway.counter("ai_cache_store_breaker_open"), PATIENCE).toBe(1);
      } finally {
        await redis.revive();
      }
      const isHitAgain = () => replies.slice(-8).every((reply) => reply.cache === "hit");
      await expect.poll(isHitAgain, PATIENCE).toBe(true);
      isOver = true;
      await load;
    },
    LIMIT_MS,
  );
}

/** Asks thrice; a refused store costs nothing but its answer. */
async function askRefused(gateway: CacheGateway): Promise<void> {
  for (let i = 0; i < 3; i++) {
    const reply = await gateway.ask("q");
    expect(reply).toEqual({ status: 200, cache: "miss", text: "q for nobody" });
  }
  expect(await gateway.counter("ai_cache_backend_error")).toBeGreaterThanOrEqual(3);
  expect(await gateway.counter("ai_cache_store_breaker_open")).toBe(0);
}

describe("who is not let in gets answers of the model", () => {
  test("at an Upstash", async () => {
    upstash.credentials = "Bearer the-word";
    try {
      const refused = await open("an Upstash", { token: "another" });
      await askRefused(refused);
      await refused.stop();
      await twice(await open("an Upstash", { token: "the-word" }), "q");
    } finally {
      upstash.credentials = undefined;
    }
  });

  test.skipIf(!hasWebdis)(`at ${WEBDIS}`, async () => {
    const { port } = strict!;
    const refused = await open(WEBDIS, {}, port);
    await askRefused(refused);
    await refused.stop();
    await twice(await open(WEBDIS, { username: "cache", password: "the-word" }, port), "q");
  });
});

test.skipIf(!hasWebdis)(`${WEBDIS}: another database than its own`, async () => {
  await inRedis("flushall");
  await twice(await open(WEBDIS, { database: 3 }), "q");
  expect(await inRedis("dbsize")).toBe(0);
});
