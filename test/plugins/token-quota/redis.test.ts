import { redis, upstream, type Host, type HostOptions, type RespValue } from "proxy-wasm-test";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RedisServer } from "../../unit/kit/redis-server.js";
import { askRedis } from "../../support/ask-redis.js";
import {
  CHAT,
  PEER,
  REDIS_CLUSTER,
  admin,
  answer,
  balance,
  chat,
  higress,
  refill,
} from "./support.js";

// Against a real Redis: scripts, expiry, and what several gateways do to one balance.

const PASSWORD = "p4ss";
const CONFIG = { ...PEER, redis: { service_name: "redis.dns", password: PASSWORD } };

let server: RedisServer;
beforeAll(async () => {
  server = await RedisServer.start(PASSWORD);
});
afterAll(() => server.stop());

/** A gateway before the real server. */
async function open(config: object, options: Partial<HostOptions> = {}): Promise<Host> {
  const clusters = { [REDIS_CLUSTER]: redis({ url: server.url }), ...options.clusters };
  return (await higress({ ...CONFIG, ...config }, { ...options, clusters })).host;
}

/** Asks the server beside the gateway. */
function ask(...words: string[]): Promise<RespValue> {
  return askRedis(server.url, PASSWORD, words);
}

/** Commands that gateways have sent: scripts count once. */
async function calls(): Promise<number> {
  const info = String(await ask("info", "commandstats"));
  return Number(/cmdstat_eval:calls=(\d+)/.exec(info)?.[1] ?? 0);
}

beforeEach(async () => {
  await ask("flushall");
});

describe("what the peer's commands do", () => {
  test("a balance is set, spent into the negative, and refilled", async () => {
    const host = await open({});
    await refill(host, "alice", 20);
    expect((await chat(host, "alice")).status).toBe(200);
    expect((await chat(host, "alice")).status).toBe(200);
    expect((await chat(host, "alice")).status).toBe(403);
    expect(await balance(host, "alice")).toBe(-10);
    await admin(host, "/delta", "consumer=alice&value=11");
    expect((await chat(host, "alice")).status).toBe(200);
    expect(await ask("get", "chat_quota:alice")).toBe("-14");
    expect(await ask("ttl", "chat_quota:alice")).toBe(-1);
    await host.close();
  });

  test("a key of another type is an error with Redis' words, and denies", async () => {
    const host = await open({});
    await ask("lpush", "chat_quota:alice", "x");
    expect((await chat(host, "alice")).status).toBe(403);
    const reply = await admin(host, "?consumer=alice");
    expect(reply.status).toBe(503);
    expect(reply.text()).toMatch(/^redis error:WRONGTYPE Operation/);
    await host.close();
  });
});

describe("periods and grants", () => {
  test("a balance has the period in its key, begins with the grant, and goes after two", async () => {
    const host = await open(
      { period: "day", default_quota: 20 },
      { startTime: Date.UTC(2026, 4, 1) },
    );
    expect((await chat(host, "alice")).status).toBe(200);
    expect(await ask("get", "chat_quota:alice:2026-05-01")).toBe("5");
    expect(await ask("ttl", "chat_quota:alice:2026-05-01")).toBe(172800);
    await chat(host, "alice");
    expect((await chat(host, "alice")).status).toBe(403);
    await host.clock.advance(86_400_000);
    expect((await chat(host, "alice")).status).toBe(200);
    expect(await ask("get", "chat_quota:alice:2026-05-02")).toBe("5");
    await refill(host, "alice", 7);
    expect(await ask("get", "chat_quota:alice:2026-05-02")).toBe("7");
    expect(await ask("ttl", "chat_quota:alice:2026-05-02")).toBe(172800);
    await host.close();
  });

  test("a grant without a period stays", async () => {
    const host = await open({ default_quota: 20 });
    await admin(host, "/delta", "consumer=alice&value=-1");
    expect(await ask("get", "chat_quota:alice")).toBe("19");
    expect(await ask("ttl", "chat_quota:alice")).toBe(-1);
    await host.close();
  });

  test("a denied request leaves nothing behind", async () => {
    const host = await open({ period: "day" });
    expect((await chat(host, "alice")).status).toBe(403);
    expect(await ask("keys", "*")).toEqual([]);
    await host.close();
  });

  test("a balance by model and a group have keys of their own", async () => {
    const host = await open(
      {
        by_model: true,
        groups: true,
        default_quota: 100,
        quotas: [{ group: "g", tokens: 100, period: "month" }],
      },
      { startTime: Date.UTC(2026, 11, 31) },
    );
    const headers = { "x-mse-consumer-group": "g", "x-higress-llm-model": "m/1" };
    expect((await chat(host, "alice", headers)).status).toBe(200);
    expect(((await ask("keys", "*")) as string[]).sort()).toEqual([
      "chat_quota:alice:m/1",
      "chat_quota:g:m/1:2026-12",
    ]);
    await host.close();
  });
});

describe("reservation", () => {
  const reservation = { enabled: true, default_completion_tokens: 96 };

  test("of parallel requests only so many get in as the balance holds", async () => {
    const slow = upstream()
      .after(1000)
      .reply(200, { body: answer(4, 0) });
    const host = await open(
      { reservation: { ...reservation, strict: true } },
      { clusters: { backend: slow } },
    );
    await refill(host, "alice", 250);
    const replies = Array.from({ length: 5 }, () => chat(host, "alice"));
    const statuses = (await Promise.all(replies)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 200, 403, 403, 403]); // 100 each
    expect(await balance(host, "alice")).toBe(242);
    expect(await ask("keys", "*:\nr")).toEqual([]);
    await host.close();
  });

  test("two balances are taken from together or not at all", async () => {
    const host = await open({ reservation, groups: true });
    await refill(host, "alice", 50);
    const group = { "x-mse-consumer-group": "g" };
    expect((await chat(host, "alice", group)).status).toBe(403);
    expect(await ask("get", "chat_quota:alice")).toBe("50");
    await refill(host, "g", 1);
    expect((await chat(host, "alice", group)).status).toBe(200);
    expect(await ask("mget", "chat_quota:alice", "chat_quota:g")).toEqual(["35", "-14"]);
    await host.close();
  });

  test("grants that are missing begin in the one command that takes from them", async () => {
    const host = await open(
      {
        reservation,
        period: "day",
        default_quota: 500,
        groups: true,
        quotas: [{ group: "g", tokens: 200, period: "none" }],
      },
      { startTime: Date.UTC(2026, 4, 1, 12) },
    );
    const group = { "x-mse-consumer-group": "g" };
    const before = await calls();
    expect((await chat(host, "alice", group)).status).toBe(200);
    expect((await calls()) - before).toBe(2); // and the settlement
    const keys = ["chat_quota:alice:2026-05-01", "chat_quota:g"];
    expect(await ask("mget", ...keys)).toEqual(["485", "185"]);
    expect(await ask("ttl", keys[0]!)).toBe(172800);
    expect(await ask("ttl", keys[1]!)).toBe(-1);
    await host.close();
  });

  test("parallel first requests share one grant", async () => {
    const slow = upstream()
      .after(1000)
      .reply(200, { body: answer(4, 0) });
    const config = { reservation: { ...reservation, strict: true }, default_quota: 250 };
    const host = await open(config, { clusters: { backend: slow } });
    const replies = Array.from({ length: 5 }, () => chat(host, "alice"));
    const statuses = (await Promise.all(replies)).map(({ status }) => status).sort();
    expect(statuses).toEqual([200, 200, 403, 403, 403]); // 100 each
    expect(await balance(host, "alice")).toBe(242);
    await host.close();
  });

  test("a denied request begins no grant", async () => {
    const config = { reservation: { ...reservation, strict: true }, default_quota: 3 };
    const host = await open({ ...config, period: "day" });
    expect((await chat(host, "alice")).status).toBe(403); // the question alone is 4
    expect(await ask("keys", "*")).toEqual([]);
    await host.close();
  });

  test("an answer whose length is not known is taken for one that fits the grant", async () => {
    const config = { reservation: { ...reservation, strict: true }, default_quota: 20 };
    const host = await open(config);
    expect((await chat(host, "alice")).status).toBe(200);
    expect(await ask("get", "chat_quota:alice")).toBe("5");
    expect((await chat(host, "alice")).status).toBe(403);
    await host.close();
  });

  test.each([
    ["sets a balance", "/refresh", "consumer=alice&quota=500", "485"],
    ["adds to one", "/delta", "consumer=alice&value=500", "735"],
  ])(
    "what runs while an administrator %s is taken from it, once",
    async (_what, path, form, end) => {
      const slow = upstream()
        .after(1000)
        .reply(200, { body: answer(10, 5), headers: { "content-type": "application/json" } });
      const host = await open({ reservation, default_quota: 250 }, { clusters: { backend: slow } });
      const running = host.fetch(CHAT, { headers: { "x-mse-consumer": "alice" } });
      await host.clock.advance(100);
      const change = host.fetch(`${CHAT}/quota${path}`, {
        method: "POST",
        headers: { "x-mse-consumer": "admin" },
        body: form,
      });
      expect((await change.advance(100)).status).toBe(200);
      expect((await running.advance(2000)).status).toBe(200);
      await host.clock.advance(100);
      expect(await ask("get", "chat_quota:alice")).toBe(end);
      expect(await ask("keys", "*:\nr")).toEqual([]);
      await host.close();
    },
  );

  test("what a gateway that died had taken comes back after heal_seconds", async () => {
    const dying = await open(
      { reservation: { ...reservation, heal_seconds: 60 } },
      { clusters: { backend: upstream().never() }, startTime: Date.UTC(2026, 4, 1) },
    );
    await refill(dying, "alice", 150);
    const stream = dying.stream(`POST ${CHAT}`, {
      headers: { "x-mse-consumer": "alice", "content-length": "0" },
    });
    await stream.headers({ end: true });
    await dying.clock.advance(1000);
    expect(await ask("get", "chat_quota:alice")).toBe("54");
    // No word of its end: the process is gone.
    const next = await open(
      { reservation: { ...reservation, heal_seconds: 60 } },
      { startTime: Date.UTC(2026, 4, 1, 0, 0, 59) },
    );
    await chat(next, "alice");
    expect(await ask("get", "chat_quota:alice")).toBe("39");
    await next.clock.advance(10_000);
    await chat(next, "alice");
    expect(await ask("get", "chat_quota:alice")).toBe("120"); // 39 − 15 + 96
    await next.close();
    await stream.abort();
    await dying.close();
  });

  test("a settlement that comes after the healing is charged in full", async () => {
    const late = upstream()
      .after(12_000)
      .reply(200, { body: answer(7, 0) });
    const host = await open(
      { reservation: { ...reservation, heal_seconds: 5 } },
      { clusters: { backend: late } },
    );
    await refill(host, "alice", 150);
    const first = host.fetch(CHAT, { headers: { "x-mse-consumer": "alice" } });
    await host.clock.advance(6_000);
    const second = host.fetch(CHAT, { headers: { "x-mse-consumer": "alice" } });
    await host.clock.advance(1000);
    expect(await ask("get", "chat_quota:alice")).toBe("54"); // the first came back
    await first.advance(60_000);
    await second.advance(60_000);
    expect(await balance(host, "alice")).toBe(136);
    await host.close();
  });
});

describe("the usage report", () => {
  test("is the sum of what several gateways saw, by period and in total", async () => {
    const config = { usage_report: true, period: "month", default_quota: 1000 };
    const may = { startTime: Date.UTC(2026, 4, 31) };
    const a = await open(config, may);
    const b = await open(config, may);
    await chat(a, "alice");
    await chat(b, "alice");
    await chat(b, "bob");
    await b.clock.advance(86_400_000);
    await chat(b, "alice");
    await admin(b, "/refresh", "consumer=carol&quota=5");
    const report = (await admin(b, "/report")).json() as { quotas: Record<string, unknown>[] };
    const counts = (requests: number) => ({ input: requests * 10, output: requests * 5, requests });
    const period = { id: "2026-06", ends_at: Date.UTC(2026, 6, 1) / 1000 };
    expect(
      report.quotas.sort((x, y) => (String(x["consumer"]) < String(y["consumer"]) ? -1 : 1)),
    ).toEqual([
      { consumer: "alice", quota: 985, period: { ...period, ...counts(1) }, total: counts(3) },
      { consumer: "bob", quota: 1000, period: { ...period, ...counts(0) }, total: counts(1) },
      { consumer: "carol", quota: 5, period: { ...period, ...counts(0) }, total: counts(0) },
    ]);
    await a.close();
    await b.close();
  });

  test("sums up those that find no line", async () => {
    const host = await open({ usage_report: true, usage_report_consumers: 2, default_quota: 100 });
    for (const consumer of ["a", "b", "c", "d", "a"]) await chat(host, consumer);
    const report = (await admin(host, "/report")).json() as { quotas: object[]; others: object };
    expect(report.quotas).toHaveLength(2);
    expect(report.others).toEqual({ input: 20, output: 10, requests: 2 });
    expect(await ask("hlen", "usage:chat_quota:")).toBe(3);
    await host.close();
  });
});
