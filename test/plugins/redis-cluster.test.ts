import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { redis, type Host } from "proxy-wasm-test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { askRedis } from "../support/ask-redis.js";
import { freePorts, isFree } from "../support/ports.js";
import { RedisServer } from "../unit/kit/redis-server.js";
import * as quota from "./token-quota/support.js";
import * as limit from "./token-rate-limit/support.js";

// A Redis in cluster mode refuses a command whose keys are in different slots, also when one node
// has all of them.

const PASSWORD = "p4ss";
const CLUSTER = limit.REDIS_CLUSTER;
const LOGIN = { redis: { service_name: "redis.dns", password: PASSWORD } };

let folder: string;
let server: RedisServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "redis-cluster-"));
  const options = ["--cluster-enabled", "yes", "--dir", folder];
  server = await RedisServer.start(PASSWORD, { port: await portOfNode(), more: options });
  const slots = Array.from({ length: 16384 }, (_, slot) => String(slot));
  await ask("cluster", "addslots", ...slots);
  await server.says("Cluster state changed: ok");
});

afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Nodes talk to each other 10000 ports above. */
async function portOfNode(): Promise<number> {
  for (;;) {
    const [port = 0] = await freePorts(1);
    if (await isFree(port + 10_000)) return port;
  }
}

function ask(...words: string[]): Promise<unknown> {
  return askRedis(server.url, PASSWORD, words);
}

const options = () => ({ clusters: { [CLUSTER]: redis({ url: server.url }) } });

test("the server of this test refuses keys of two slots", async () => {
  await expect(ask("mget", "a", "b")).rejects.toThrow("CROSSSLOT");
});

describe("token-rate-limit", () => {
  const windows = { token_per_minute: 1000, token_per_day: 1000, token_per_month: 1000 };
  const rules = {
    global_threshold: windows,
    rule_items: [{ limit_by_per_header: "x-api-key", limit_keys: [{ key: "*", ...windows }] }],
    response_headers: "openai",
    fail_mode: "closed",
  };
  const CASES = ["fixed", "aligned", "sliding"].flatMap((algorithm) =>
    [false, true].map((enabled) => [algorithm, enabled] as const),
  );

  test.each(CASES)("%s windows, reservation: %s", async (algorithm, enabled) => {
    const config = {
      rule_name: `${algorithm} ${enabled}`,
      ...LOGIN,
      ...rules,
      algorithm,
      reservation: { enabled, default_completion_tokens: 50 },
    };
    const { host } = await limit.higress(config, options());
    const headers = { "x-api-key": "k{1}" };
    expect((await limit.chat(host, headers)).status).toBe(200);
    const reply = await limit.chat(host, headers);
    const taken = enabled ? 50 + 4 : 0;
    expect([reply.status, reply.headers.get("x-ratelimit-remaining-tokens")]).toEqual([
      200,
      String(1000 - 15 - taken),
    ]);
    expect(errors(host)).toEqual([]);
    await host.close();
  });
});

describe("token-quota", () => {
  const config = { admin_consumer: "admin", ...LOGIN, period: "month", default_quota: 1000 };

  test.each([
    ["every key alone", { redis_key_prefix: "q:" }],
    [
      "a balance and what is taken from it",
      { redis_key_prefix: "r:", reservation: { enabled: true } },
    ],
    [
      "braces around the prefix: groups, list and report",
      {
        redis_key_prefix: "{q}:",
        reservation: { enabled: true },
        groups: true,
        quotas: [
          { group: "g", tokens: 500 },
          { consumer: "bob", tokens: 7 },
        ],
        usage_report: true,
        admin_extensions: true,
      },
    ],
  ])("%s", async (_what, more) => {
    const { host } = await quota.higress({ ...config, ...more }, options());
    const group = { "x-mse-consumer-group": "g" };
    expect((await quota.chat(host, "alice", group)).status).toBe(200);
    expect((await quota.chat(host, "alice", group)).status).toBe(200);
    expect(await quota.balance(host, "alice")).toBe(970);
    if ("groups" in more) {
      expect((await quota.admin(host, "/list")).text()).toContain('{"group":"g","quota":470,');
      const report = await quota.admin(host, "/report");
      expect(report.text()).toContain('{"consumer":"alice","quota":970,');
    }
    expect(errors(host)).toEqual([]);
    await host.close();
  });
});

describe("a consumer's name with braces", () => {
  const config = { admin_consumer: "admin", ...LOGIN, reservation: { enabled: true } };

  test.each(["{a}", "x{y}z", "a{b", "{", "a{b}c}"])("%s", async (name) => {
    const more = { redis_key_prefix: "braces:", default_quota: 1000 };
    const { host } = await quota.higress({ ...config, ...more }, options());
    expect((await quota.chat(host, name)).status).toBe(200);
    expect(await quota.balance(host, name)).toBe(985);
    expect(errors(host)).toEqual([]);
    await host.close();
  });
});

function errors(host: Host): string[] {
  return host.logs.filter(({ level }) => level === "error").map(({ text }) => text);
}
