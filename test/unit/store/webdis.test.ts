import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Host } from "proxy-wasm-test";
import { askRedis } from "../../support/ask-redis.js";
import { hasWebdis, WEBDIS, WebdisServer } from "../../support/webdis-server.js";
import { ask, PASSWORD, Servers } from "./stores.js";

// What Redis answers to scripts gets through Webdis as it gets through RESP.

let servers: Servers;
beforeAll(async () => {
  servers = await Servers.start();
});
afterAll(() => servers.stop());

const bucket = (key: string, limit = 100, algorithm = "fixed") => ({
  key: `{w}${key}`,
  limit,
  window: 3600,
  algorithm,
});
const ALL = [bucket("a"), bucket("b", 2e15), bucket("c", 50, "sliding"), bucket("none")];
const READABLE = [ALL[0]!, ALL[1]!, ALL[3]!];

const GRANTED = { key: "{w}new", grant: 1234567890123456, keep: 3000 };

/** What is in Redis before: a counter each that is fine, has 16 digits, is damaged. */
const STORED: [string, string][] = [
  ["a", "40"],
  ["b", "1234567890123456"],
  ["fraction", "-1.9"],
  ["text", "no number"],
  ["infinite", "inf"],
  ["list", "[1,[2,3]]"],
  ["{w}q", "1234567890123456"],
];

const QUESTIONS: object[] = [
  { op: "check", buckets: READABLE },
  { op: "check", buckets: ALL },
  { op: "check", buckets: [bucket("a")], flat: true },
  { op: "check", buckets: [bucket("a"), bucket("text"), bucket("b")] },
  { op: "check", buckets: [bucket("text", 100, "fixed"), bucket("c", 1, "sliding")] },
  { op: "check", buckets: [bucket("fraction")] },
  { op: "reserve", as: "r", buckets: READABLE, tokens: 7 },
  { op: "settle", as: "r", difference: -2 },
  { op: "reserve", as: "s", buckets: READABLE, tokens: 70 },
  { op: "reserve", as: "t", buckets: [bucket("text")], tokens: 1 },
  { op: "charge", buckets: READABLE, tokens: 7 },
  { op: "check", buckets: READABLE },
  { op: "take", as: "u", balances: ["{w}{w}q"], tokens: 3 },
  { op: "take", as: "v", balances: ["{w}{w}q", "{w}none"], tokens: 3 },
  { op: "take", as: "x", balances: [GRANTED, "{w}none"], tokens: 3 },
  { op: "get", key: "{w}new" },
  { op: "take", as: "y", balances: [GRANTED, "{w}{w}q"], tokens: 3 },
  { op: "spend", as: "y", tokens: 2 },
  { op: "refill", balances: [GRANTED], tokens: 8 },
  { op: "plus", balances: [GRANTED], tokens: -1 },
  { op: "forget", balances: [GRANTED] },
  { op: "spend", as: "u", tokens: 1 },
  { op: "get", key: "{w}list" },
  { op: "get", key: "{w}none" },
  { op: "add", key: "{w}text", amount: 1 },
];

async function answers(host: Host): Promise<object[]> {
  await askRedis(servers.redis.url, PASSWORD, ["flushall"]);
  for (const [key, value] of STORED) {
    await askRedis(servers.redis.url, PASSWORD, ["set", `{w}${key}`, value, "ex", "3000"]);
  }
  const all: object[] = [];
  for (const question of QUESTIONS) all.push({ question, reply: await ask(host, question) });
  return all;
}

/** With the seconds that are left rounded to minutes: two runs do not take the same time. */
const timeless = (replies: object[]): unknown =>
  JSON.parse(JSON.stringify(replies), (key, value: unknown) =>
    key === "states" && Array.isArray(value)
      ? value.map((s: number[]) => (s.length > 2 ? [s[0], s[1], Math.round((s[2] ?? 0) / 60)] : s))
      : value,
  );

async function compare(url: string): Promise<void> {
  await using redis = await servers.open("redis");
  await using webdis = await servers.open("webdis", { clusters: { rest: url } });
  const expected = await answers(redis);
  const got = await answers(webdis);
  expect(timeless(got)).toEqual(timeless(expected));
  expect(JSON.stringify(expected)).toContain("1234567890123463");
}

describe("scripts through Webdis answer what they answer Redis", () => {
  test("the Webdis of these tests", () => compare(servers.webdis.url));

  test("a counter that is no number at all is read as 0", async () => {
    await using host = await servers.open("webdis");
    await askRedis(servers.redis.url, PASSWORD, ["set", "{w}infinite", "inf"]);
    const { states } = await ask(host, { op: "check", buckets: [bucket("infinite")] });
    expect(states).toEqual([[100, 0, 3600]]);
  });

  test.skipIf(!hasWebdis)(WEBDIS, async () => {
    const server = await WebdisServer.start({ port: servers.redis.port, password: PASSWORD });
    try {
      await compare(server.url);
    } finally {
      await server.stop();
    }
  });
});
