import { upstream, type Host, type Redis, type Upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import {
  Changing,
  json,
  mend,
  REDIS_FAULTS,
  REST_FAULTS,
  type RedisFault,
} from "../store-faults.js";
import {
  CHAT,
  JSON_TYPE,
  PEER,
  admin,
  answer,
  chat,
  countSeen,
  gateway,
  higress,
  stored,
} from "./support.js";

// A store in trouble: every request gets the answer of its fail mode, none hangs, the breaker opens
// for what costs time, balances are right afterwards, and the store is asked again as soon as it is
// back.

const MODES = ["open", "closed", "local"] as const;
type Mode = (typeof MODES)[number];

/** Seconds are short, so that a slow store is slower. */
const TIMEOUT = 100;

const TROUBLED = {
  admin_consumer: "admin",
  default_quota: 20,
  breaker: { failures: 3, open_ms: 1000 },
};

/** A store that can be broken and mended. */
interface Trouble {
  host: Host;
  break: () => void;
  mend: () => void;
}

async function overHttp(mode: Mode, fault: Upstream): Promise<Trouble> {
  const working = json(200, { result: "1000" });
  const store = new Changing(working);
  const host = await gateway(
    {
      ...TROUBLED,
      store: { type: "redis-http", cluster_name: "rest", timeout: TIMEOUT },
      fail_mode: mode,
    },
    {
      clusters: {
        rest: store.asUpstream(),
        backend: upstream().reply(200, { body: answer(10, 5), headers: JSON_TYPE }),
      },
    },
  );
  return {
    host,
    break: () => void (store.behaviour = fault),
    mend: () => void (store.behaviour = working),
  };
}

async function overRedis(mode: Mode, fault: RedisFault): Promise<Trouble & { redis: Redis }> {
  const { host, redis } = await higress({
    ...TROUBLED,
    redis: { service_name: "redis.dns", timeout: TIMEOUT },
    fail_mode: mode,
  });
  redis.command("set", "chat_quota:alice", "1000");
  return { host, redis, break: () => fault.cause(redis), mend: () => mend(redis) };
}

/** What a request gets while the store is broken. */
const ANSWERS: Record<Mode, number[]> = {
  open: [200, 200, 200, 200],
  closed: [403, 403, 403, 403],
  // This gateway's own balance: 20 tokens, 15 each, a rest is enough.
  local: [200, 200, 403, 403],
};

async function drill({ host, ...store }: Trouble, mode: Mode, opens: boolean): Promise<void> {
  expect((await chat(host, "alice")).status).toBe(200);
  store.break();
  const before = countSeen(host);
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++) statuses.push((await chat(host, "alice")).status);
  expect(statuses).toEqual(ANSWERS[mode]);
  expect(countSeen(host) - before).toBe(statuses.filter((status) => status === 200).length);
  // A balance that nobody knows is an error, not one that is used up.
  expect(host.metrics.all["token_quota_denied"] ?? 0).toBe(mode === "local" ? 2 : 0);
  expect(host.metrics.all["token_quota_store_breaker_open"]).toBe(opens ? 1 : 0);
  store.mend();
  await host.clock.advance(1001);
  expect((await chat(host, "alice")).status).toBe(200);
  expect(host.metrics.all["token_quota_store_breaker_open"]).toBe(0);
}

/**
 * Charges, of those while the store was broken, that are in Redis at the end: those that were never
 * sent, those that it put off, and those of which only the answer was late. The others broke on the
 * way.
 * The breaker opens at the third command, which is a question; a charge is every second one.
 */
const KEPT: Record<string, Partial<Record<Mode, number>>> = {
  slow: { open: 4, local: 1 },
  silent: { open: 3 },
  "no endpoint": { open: 4 },
  reset: { open: 3 },
  "wrong password": { open: 4 },
  "NOAUTH that stays": { open: 4 },
  LOADING: { open: 4 },
};

describe.each(MODES)("fail_mode %s", (mode) => {
  test.each(REST_FAULTS)("redis-http: %s", async (_what, fault, opens) => {
    const trouble = await overHttp(mode, fault());
    await drill(trouble, mode, opens);
    await trouble.host.close();
  });

  test.each(Object.entries(REDIS_FAULTS))("redis: %s", async (what, fault) => {
    const { redis, ...trouble } = await overRedis(mode, fault);
    await drill(trouble, mode, fault.opens);
    const kept = KEPT[what]?.[mode] ?? 0;
    expect(stored(redis, "chat_quota:alice")).toBe(String(1000 - 15 * (2 + kept)));
    await trouble.host.close();
  });

  test("a fault without a breaker costs every request its timeout, and no more", async () => {
    const redis = { service_name: "redis.dns", timeout: TIMEOUT };
    const gate = await higress({ ...PEER, redis, default_quota: 20, fail_mode: mode });
    gate.redis.fail("never");
    const pending = gate.host.fetch(CHAT, { headers: { "x-mse-consumer": "alice" } });
    const reply = await pending.advance(TIMEOUT + 1);
    expect(reply.status).toBe(mode === "closed" ? 403 : 200);
    await gate.host.close();
  });

  test.each([
    ["?consumer=alice"],
    ["/refresh", "consumer=alice&quota=5"],
    ["/delta", "consumer=alice&value=5"],
  ])("administrators hear of it: %s", async (path, form?: string) => {
    const error = "LOADING Redis is loading the dataset in memory";
    const { host, redis } = await overRedis(mode, REDIS_FAULTS["LOADING"]!);
    redis.fail({ error });
    const reply = await admin(host, path, form);
    expect([reply.status, reply.text()]).toEqual([503, `redis error:${error}`]);
    expect(stored(redis, "chat_quota:alice")).toBe("1000");
    await host.close();
  });
});

test("what an administrator could not change in Redis is not changed in the gateway either", async () => {
  const { host, ...store } = await overRedis("local", REDIS_FAULTS["LOADING"]!);
  store.break();
  for (const [path, form] of [
    ["/refresh", "consumer=alice&quota=1000"],
    ["/delta", "consumer=alice&value=1000"],
  ] as const) {
    expect((await admin(host, path, form)).status).toBe(503);
  }
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++) statuses.push((await chat(host, "alice")).status);
  expect(statuses).toEqual(ANSWERS.local);
  await host.close();
});
