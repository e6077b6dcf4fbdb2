import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redis, upstream, type Host } from "proxy-wasm-test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RedisServer } from "../../unit/kit/redis-server.js";
import { askRedis } from "../../support/ask-redis.js";
import { AS_CLUSTER, formCluster } from "../../support/redis-cluster.js";
import { RestRedis } from "../../support/rest-redis.js";
import {
  answer,
  CHAT,
  JSON_TYPE,
  PEER,
  REDIS_CLUSTER,
  admin,
  chat,
  gateway,
  higress,
  refill,
  stored,
} from "./support.js";

// Reservations on a Redis Cluster, which refuses commands whose keys are in several slots.

const PASSWORD = "p4ss";
const ERRORS = "token_quota_store_errors_reply";
const CONFIG = { ...PEER, redis: { service_name: "redis.dns", password: PASSWORD } };

const folder = mkdtempSync(join(tmpdir(), "redis-cluster-"));
let cluster: RedisServer;
beforeAll(async () => {
  cluster = await RedisServer.start(PASSWORD, { folder, more: AS_CLUSTER });
  await formCluster(cluster.url, PASSWORD);
}, 30_000);
afterAll(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

const reservation = { enabled: true };
async function open(config: object): Promise<Host> {
  const clusters = { [REDIS_CLUSTER]: redis({ url: cluster.url }) };
  return (await higress({ ...CONFIG, ...config }, { clusters })).host;
}
const left = (key: string) => askRedis(cluster.url, PASSWORD, ["get", key]);

test.each(["alice", "team}a", "}", "{}", "a{b}c"])(
  "the consumer %s is reserved for and charged",
  async (name) => {
    const host = await open({ reservation });
    await refill(host, name, 100);
    expect((await chat(host, name)).status).toBe(200);
    expect(await left(`chat_quota:${name}`)).toBe("85");
    await host.close();
  },
);

const GROUPS = { reservation, groups: true, default_quota: 100 };
const inGroup = (group: string) => ({ "x-mse-consumer-group": group });

test("each balance of the configuration is asked for alone", async () => {
  const quotas = [
    { consumer: "alice", tokens: 1 },
    { consumer: "bob", tokens: 1 },
  ];
  const host = await open({ ...GROUPS, quotas, admin_extensions: true, usage_report: true });
  await refill(host, "alice", 7);
  await refill(host, "bob", 8);
  for (const path of ["/list", "/report"]) {
    const reply = await admin(host, path);
    expect(reply.status).toBe(200);
    expect(reply.text()).toMatch(/"alice","quota":7\b.*"bob","quota":8\b/);
  }
  await host.close();
});

test("a prefix with a tag keeps a reservation of several balances one call", async () => {
  const quotas = [{ group: "research}1", tokens: 100 }];
  const host = await open({ ...GROUPS, quotas, redis_key_prefix: "{chat_quota}:" });
  expect((await chat(host, "team}a", inGroup("research}1"))).status).toBe(200);
  expect(await left("{chat_quota}:team}a")).toBe("85");
  expect(await left("{chat_quota}:research}1")).toBe("85");
  expect(host.metrics.all[ERRORS]).toBeUndefined();
  await host.close();
});

describe.each(["redis", "redis-http"])("without a tag, over %s", (via) => {
  let rest: RestRedis;
  beforeAll(async () => {
    rest = await RestRedis.start({ url: cluster.url, password: PASSWORD }, "upstash");
  });
  afterAll(() => rest.stop());

  async function openWith(config: object): Promise<Host> {
    if (via === "redis") return await open({ ...GROUPS, ...config });
    const store = { type: "redis-http", cluster_name: "rest" };
    const backend = upstream().reply(200, { body: answer(10, 5), headers: JSON_TYPE });
    const clusters = { rest: rest.url, backend };
    return await gateway({ admin_consumer: "admin", store, ...GROUPS, ...config }, { clusters });
  }

  test("the balances of a reservation are taken from one after the other", async () => {
    const [consumer, group] = [`carol-${via}`, `rich-${via}`];
    const quotas = [{ group, tokens: 100 }];
    const host = await openWith({ quotas, response_headers: "quota" });
    for (const rest of [85, 70]) {
      const reply = await chat(host, consumer, inGroup(group));
      expect(reply.status).toBe(200);
      expect(await left(`chat_quota:${consumer}`)).toBe(`${rest}`);
      expect(await left(`chat_quota:${group}`)).toBe(`${rest}`);
    }
    // It has to be refused only once.
    expect(host.metrics.all[ERRORS]).toBe(1);
    for (const key of [consumer, group]) expect(await left(`{chat_quota:${key}}:\nr`)).toBeNull();
    await host.close();
  });

  test("when a later one has nothing, an earlier one gets back what was taken", async () => {
    const [consumer, group] = [`dave-${via}`, `poor-${via}`];
    const host = await openWith({});
    await refill(host, consumer, 50);
    for (let i = 0; i < 2; i++) {
      expect((await chat(host, consumer, inGroup(group))).status).toBe(403);
      expect(await left(`chat_quota:${consumer}`)).toBe("50");
      expect(await left(`{chat_quota:${consumer}}:\nr`)).toBeNull();
    }
    expect(await left(`chat_quota:${group}`)).toBeNull();
    await host.close();
  });

  test("fail_mode local steps in once", async () => {
    const [consumer, group] = [`erin-${via}`, `wide-${via}`];
    const quotas = [{ group, tokens: 100 }];
    const host = await openWith({ quotas, fail_mode: "local" });
    for (let i = 0; i < 2; i++) {
      expect((await chat(host, consumer, inGroup(group))).status).toBe(200);
    }
    expect(await left(`chat_quota:${consumer}`)).toBe("85");
    expect(await left(`chat_quota:${group}`)).toBe("85");
    await host.close();
  });
});

describe("between the balances", () => {
  const quotas = [{ group: "g", tokens: 100 }];
  const CROSSSLOT = { error: "CROSSSLOT Keys in request don't hash to the same slot" };
  const both = ["chat_quota:alice", "chat_quota:g"];

  /** A gateway that knows what it has to do with; each call takes 50 ms. */
  async function openSlow(config: object = {}) {
    const opened = await higress({ ...PEER, ...GROUPS, quotas, ...config });
    opened.redis.fail(CROSSSLOT);
    expect((await chat(opened.host, "alice", inGroup("g"))).status).toBe(200);
    expect(both.map((key) => stored(opened.redis, key))).toEqual(["85", "85"]);
    opened.redis.after(50);
    return opened;
  }
  const headers = { "x-mse-consumer": "alice", "content-length": "2", ...inGroup("g") };

  test.each([
    ["the first", 25],
    ["the second", 75],
  ])("a client that leaves while %s is asked gets all back", async (_which, ms) => {
    const { host, redis } = await openSlow();
    const stream = host.stream(`POST ${CHAT}`, { headers });
    await stream.headers();
    await host.clock.advance(ms);
    await stream.abort();
    await host.clock.advance(500);
    expect(both.map((key) => stored(redis, key))).toEqual(["85", "85"]);
    expect(both.map((key) => redis.command("exists", `{${key}}:\nr`))).toEqual([0, 0]);
    await host.close();
  });

  test("a store that is lost then refuses, and gets back what it took", async () => {
    const { host, redis } = await openSlow();
    const stream = host.stream(`POST ${CHAT}`, { headers });
    await stream.headers();
    await host.clock.advance(25);
    redis.fail("drop");
    await host.clock.advance(500);
    expect((await stream.response()).status).toBe(403);
    expect(both.map((key) => stored(redis, key))).toEqual(["85", "85"]);
    await host.close();
  });

  test("other errors are not tried again", async () => {
    const { host, redis } = await openSlow();
    redis.after(0).fail({ error: "ERR no" });
    expect((await chat(host, "alice", inGroup("g"))).status).toBe(403);
    expect(both.map((key) => stored(redis, key))).toEqual(["85", "85"]);
    await host.close();
  });
});
