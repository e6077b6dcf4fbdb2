import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redis, type Host } from "proxy-wasm-test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RedisServer } from "../../unit/kit/redis-server.js";
import { askRedis } from "../../support/ask-redis.js";
import { AS_CLUSTER, formCluster } from "../../support/redis-cluster.js";
import { PEER, REDIS_CLUSTER, admin, chat, higress, refill } from "./support.js";

// Reservations on a Redis Cluster, which refuses commands whose keys are in several slots.

const PASSWORD = "p4ss";
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

test("several balances at once need a prefix that keeps them in one slot", async () => {
  const config = {
    reservation,
    groups: true,
    default_quota: 100,
    quotas: [
      { group: "research}1", tokens: 100 },
      { consumer: "alice", tokens: 1 },
      { consumer: "bob", tokens: 1 },
    ],
    admin_extensions: true,
    usage_report: true,
  };
  const group = { "x-mse-consumer-group": "research}1" };
  const apart = await open(config);
  expect((await chat(apart, "team}a", group)).status).toBe(403);
  // Each is asked for alone.
  await refill(apart, "alice", 7);
  await refill(apart, "bob", 8);
  for (const path of ["/list", "/report"]) {
    const reply = await admin(apart, path);
    expect(reply.status).toBe(200);
    expect(reply.text()).toMatch(/"alice","quota":7\b.*"bob","quota":8\b/);
  }
  await apart.close();

  const host = await open({ ...config, redis_key_prefix: "{chat_quota}:" });
  expect((await chat(host, "team}a", group)).status).toBe(200);
  expect(await left("{chat_quota}:team}a")).toBe("85");
  expect(await left("{chat_quota}:research}1")).toBe("85");
  for (const path of ["/list", "/report"]) expect((await admin(host, path)).status).toBe(200);
  await host.close();
});
