import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Host } from "proxy-wasm-test";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { askRedis } from "../../support/ask-redis.js";
import { AS_CLUSTER, formCluster, SLOTS } from "../../support/redis-cluster.js";
import type { Run } from "../bytes/load.js";
import { SharedData, startWorker } from "./shared-data.js";
import { ask, PASSWORD, Servers, START } from "./stores.js";

// A Redis Cluster refuses a command whose keys are in several slots, also where one node has them all.
// What is noted beside a balance or a counter is in its slot, whatever its name holds.

/** Names with and without a tag, and such that no tag can hold. */
const KEYS = [
  "chat_quota:alice",
  "{chat_quota}:a}b",
  "chat_quota:{alice}",
  "chat_quota:a}b",
  "chat_quota:a{}b",
  "chat_quota:{}{a}",
  "chat_quota:日}本 \"'\\/?",
  "{",
  "}",
  "{}",
  "}{",
  "{a",
  `${"long".repeat(20)}}`,
];

const folder = mkdtempSync(join(tmpdir(), "redis-cluster-"));
let servers: Servers;
beforeAll(async () => {
  servers = await Servers.start({ folder, more: AS_CLUSTER });
  await formCluster(servers.redis.url, PASSWORD);
}, 30_000);
afterAll(async () => {
  await servers.stop();
  rmSync(folder, { recursive: true, force: true });
});

const inRedis = (...words: string[]) => askRedis(servers.redis.url, PASSWORD, words);
beforeEach(async () => void (await inRedis("flushall")));

test("keys in several slots are refused here", async () => {
  await expect(inRedis("mget", "a", "b")).rejects.toThrow("CROSSSLOT");
});

describe.each(["redis", "upstash", "webdis"] as const)("%s", (driver) => {
  const left = (host: Host, key: string) => ask(host, { op: "get", key });

  test.each(KEYS)("a balance called %j is reserved from, settled, and set", async (key) => {
    await using host = await servers.open(driver);
    const balances = [{ key, grant: 100, keep: 7200, ends: START + 7_200_000 }];
    const take = (as: string) => ask(host, { op: "take", as, balances, tokens: 30 });
    expect(await take("r")).toMatchObject({ value: "70" });
    expect(await inRedis("dbsize")).toBe(2);
    expect(await ask(host, { op: "spend", as: "r", tokens: 10 })).toEqual({});
    expect(await left(host, key)).toMatchObject({ value: "90" });
    expect(await ask(host, { op: "plus", balances, tokens: 5 })).toMatchObject({ value: "95" });
    await take("s");
    expect(await ask(host, { op: "refill", balances, tokens: 50 })).toEqual({});
    expect(await ask(host, { op: "spend", as: "s", tokens: 10 })).toEqual({});
    expect(await left(host, key)).toMatchObject({ value: "40" });
    expect(await ask(host, { op: "forget", balances })).toEqual({});
    expect(await left(host, key)).toEqual({ null: true });
  });

  const COUNTERS = ["fixed", "aligned", "sliding"].flatMap((algorithm) =>
    KEYS.map((key) => ({ key, algorithm })),
  );
  test.each(COUNTERS)("a counter is charged, reserved from, and settled: %j", async (counter) => {
    await using host = await servers.open(driver);
    const buckets = [{ ...counter, limit: 100, window: 3600 }];
    const used = async () => (await ask(host, { op: "check", buckets })).states?.[0]?.[1];
    expect(await ask(host, { op: "charge", buckets, tokens: 7 })).toEqual({});
    expect(await used()).toBe(7);
    const reserved = await ask(host, { op: "reserve", as: "r", buckets, tokens: 20 });
    expect(reserved.states?.[0]?.[1]).toBe(27);
    await ask(host, { op: "settle", as: "r", difference: -15 });
    expect(await used()).toBe(12);
  });

  test.each(KEYS)("a value called %j is added to", async (key) => {
    await using host = await servers.open(driver);
    expect(await ask(host, { op: "add", key, amount: 5 })).toMatchObject({ value: "5" });
    expect(await ask(host, { op: "add", key, amount: 2, minus: true })).toMatchObject({
      value: "3",
    });
  });
});

describe("the key beside a key", () => {
  let run: Run;
  beforeAll(async () => {
    run = await startWorker("test/unit/store/driver/tag.ts", new SharedData());
  });
  const beside = (key: string) => String(run("beside", [], key));

  test.each([
    ["chat_quota:alice", "{chat_quota:alice}:"],
    ["{chat_quota}:alice", "{chat_quota}:alice:"],
    ["{chat_quota}:a}b", "{chat_quota}:a}b:"],
    ["chat_quota:a{b", "{chat_quota:a{b}:"],
    ["chat_quota:a}b", "{1T0}chat_quota:a}b:"],
    ["x{}y", "{2al}x{}y:"],
  ])("%s: %s", (key, expected) => {
    expect(beside(key)).toBe(expected);
  });

  test("slots are told as Redis tells them", async () => {
    for (const key of ["123456789", ...KEYS]) {
      expect([key, slotOf(key)]).toEqual([key, await inRedis("cluster", "keyslot", key)]);
    }
  });

  test(`for each of the ${SLOTS} slots there is one`, () => {
    const seen = new Set<number>();
    for (let i = 0; seen.size < SLOTS; i++) {
      const key = `}${i}`;
      const slot = slotOf(key);
      if (seen.has(slot)) continue;
      seen.add(slot);
      expect([key, slotOf(beside(key))]).toEqual([key, slot]);
    }
  });
});

/** The hash slot of a key (Redis Cluster specification). */
function slotOf(key: string): number {
  const open = key.indexOf("{");
  const close = open < 0 ? -1 : key.indexOf("}", open);
  const hashed = close > open + 1 ? key.slice(open + 1, close) : key;
  let sum = 0;
  for (const byte of Buffer.from(hashed)) {
    sum ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) sum = sum & 0x8000 ? (sum << 1) ^ 0x1021 : sum << 1;
    sum &= 0xffff;
  }
  return sum % SLOTS;
}
