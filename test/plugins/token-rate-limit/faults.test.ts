import { redis, type Host, type Upstream } from "proxy-wasm-test";
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
  gateway,
  chat,
  countSeen,
  higress,
  logged,
  model,
  PEER,
  REDIS_CLUSTER,
  seen,
  SHARED,
} from "./support.js";

// A store in trouble: every request gets the answer of its fail mode, none hangs, the breaker opens
// for what costs time, and the store is asked again as soon as it is back.

const RULES = { rule_name: "r", global_threshold: { token_per_hour: 20 } };
const MODES = ["open", "closed", "local"] as const;
type Mode = (typeof MODES)[number];

/** Seconds are short, so that a slow store is slower. */
const TIMEOUT = 100;

/** A store that can be broken and mended. */
interface Trouble {
  host: Host;
  break: () => void;
  mend: () => void;
}

async function overHttp(mode: Mode, fault: Upstream): Promise<Trouble> {
  const working = json(200, { result: [[20, 0, 3600]] });
  const store = new Changing(working);
  const host = await gateway(
    {
      ...RULES,
      store: { type: "redis-http", cluster_name: "rest", timeout: TIMEOUT },
      fail_mode: mode,
      breaker: { failures: 3, open_ms: 1000 },
    },
    { clusters: { rest: store.asUpstream(), backend: model() } },
  );
  return {
    host,
    break: () => void (store.behaviour = fault),
    mend: () => void (store.behaviour = working),
  };
}

async function overRedis(mode: Mode, fault: RedisFault): Promise<Trouble> {
  const server = redis();
  const { host } = await higress(
    {
      ...PEER,
      ...RULES,
      redis: { service_name: "redis.dns", timeout: TIMEOUT },
      fail_mode: mode,
      breaker: { failures: 3, open_ms: 1000 },
    },
    { clusters: { [REDIS_CLUSTER]: server } },
  );
  return {
    host,
    break: () => fault.cause(server),
    mend: () => mend(server),
  };
}

/** What a request gets while the store is broken. */
const ANSWERS: Record<Mode, (sent: number) => number> = {
  open: () => 200,
  closed: () => 503,
  // This gateway's own counter: 15 tokens each, the limit is 20, and it is compared with >.
  local: (sent) => (sent < 2 ? 200 : 429),
};

/** @param arrives charges are counted although nobody hears of it */
async function drill(
  { host, ...store }: Trouble,
  mode: Mode,
  opens: boolean,
  arrives = false,
): Promise<void> {
  expect((await chat(host)).status).toBe(200);
  store.break();
  const before = countSeen(host);
  const statuses: number[] = [];
  for (let i = 0; i < 4; i++) statuses.push((await chat(host)).status);
  const expected = [0, 1, 2, 3].map(ANSWERS[mode]);
  expect(statuses).toEqual(expected);
  expect(countSeen(host) - before).toBe(expected.filter((status) => status === 200).length);
  expect(host.metrics.all["token_rate_limit_store_breaker_open"]).toBe(opens ? 1 : 0);
  store.mend();
  await host.clock.advance(1001);
  const isUsedUp = arrives && mode !== "closed";
  expect((await chat(host)).status).toBe(isUsedUp ? 429 : 200);
  expect(host.metrics.all["token_rate_limit_store_breaker_open"]).toBe(0);
  await host.close();
}

describe.each(MODES)("fail_mode %s", (mode) => {
  test.each(REST_FAULTS)("redis-http: %s", async (_what, fault, opens) => {
    await drill(await overHttp(mode, fault()), mode, opens);
  });

  test.each(Object.entries(REDIS_FAULTS))("redis: %s", async (_what, fault) => {
    await drill(await overRedis(mode, fault), mode, fault.opens, fault.arrives);
  });

  test("a fault without a breaker costs every request its timeout, and no more", async () => {
    const server = redis();
    const config = { ...PEER, ...RULES, redis: { service_name: "redis.dns", timeout: TIMEOUT } };
    const { host } = await higress(
      { ...config, fail_mode: mode },
      { clusters: { [REDIS_CLUSTER]: server } },
    );
    server.fail("never");
    const pending = host.fetch("/v1/models");
    const reply = await pending.advance(TIMEOUT + 1);
    expect(reply.status).toBe(mode === "closed" ? 503 : 200);
    await host.close();
  });
});

// The peer says the same of both (token-rate-limit.md 6, no. 11).
test.each([
  ["never", "timeout"],
  ["drop", "cannot connect to redis cluster"],
] as const)("the log tells why there is no answer: %s", async (how, cause) => {
  const server = redis();
  const config = { ...PEER, ...RULES, redis: { service_name: "redis.dns", timeout: TIMEOUT } };
  const { host } = await higress(config, { clusters: { [REDIS_CLUSTER]: server } });
  server.fail(how);
  expect((await chat(host)).status).toBe(200);
  const lines = logged(host);
  expect(lines).toContain("error redis response length mismatch: got 0, want 1");
  expect(lines).toContain(`warn the store: ${cause}`);
  await host.close();
});

// Not `local`: nobody looks at the answer to a charge, peers neither, so it counts as charged.
test.each(["open", "closed"] as const)(
  "an answer to something else, fail_mode %s",
  async (mode) => {
    await drill(await overHttp(mode, json(200, { result: "OK" })), mode, false);
  },
);

test("in shadow a store without an answer refuses nobody; what cannot be sent is not charged", async () => {
  const store = { type: "redis-http", cluster_name: "nowhere" };
  const host = await gateway({ ...RULES, store, fail_mode: "closed", shadow: true });
  expect((await chat(host)).status).toBe(200);
  expect(host.metrics.all["token_rate_limit_store_errors_dispatch"]).toBe(2);
  expect(host.metrics.all["token_rate_limit_charged_tokens"] ?? 0).toBe(0);
  await host.close();
});

test("in shadow a body too long to read waits for the store, and arrives whole", async () => {
  const server = redis().after(20);
  const rule = { limit_by_per_model: "", limit_keys: [{ key: "*", token_per_hour: 5 }] };
  const config = { ...PEER, ...RULES, rule_items: [rule], shadow: true, max_body_bytes: 20 };
  const { host } = await higress(config, { clusters: { [REDIS_CLUSTER]: server } });
  const stream = host.stream("POST /", { framing: "chunked" });
  await stream.headers();
  const pieces = ['{"model":', '"big","x":"', "1".repeat(30), '"}'];
  for (const [i, piece] of pieces.entries()) await stream.data(piece, { end: i === 3 });
  expect([countSeen(host), stream.state.paused]).toEqual([0, true]);
  await host.clock.advance(30);
  expect((await stream.response()).status).toBe(200);
  expect(Buffer.from(seen(host)[0]?.body ?? []).toString()).toBe(pieces.join(""));
  await host.close();
});

test("a charge that loses every race in shared data is logged, and counted as an error", async () => {
  const host = await gateway(
    { ...SHARED, global_threshold: { token_per_minute: 100 } },
    { strict: "off" },
  );
  host.inject.status("proxy_set_shared_data", 8);
  expect((await chat(host)).status).toBe(200);
  host.inject.clear();
  expect(logged(host)).toContain("error redis call failed: shared data is contended");
  expect(host.metrics.all["token_rate_limit_charged_tokens"] ?? 0).toBe(0);
  expect(host.metrics.all["token_rate_limit_store_errors_contention"]).toBe(1);
  await host.close();
});

describe("fail_mode local with a share of the limits, while the store is away", () => {
  const AWAY = { store: { type: "redis-http", cluster_name: "nowhere" }, fail_mode: "local" };

  async function statuses(config: object, count: number): Promise<number[]> {
    const host = await gateway({ ...RULES, ...AWAY, ...config });
    const all: number[] = [];
    for (let i = 0; i < count; i++) all.push((await chat(host)).status);
    await host.close();
    return all;
  }

  test("this gateway grants its share, at least one token", async () => {
    // 15 tokens each, compared with >: 20 let two pass, 10 and 1 let one.
    expect(await statuses({}, 3)).toEqual([200, 200, 429]);
    expect(await statuses({ local_share: 0.5 }, 3)).toEqual([200, 429, 429]);
    expect(await statuses({ local_share: 0.01 }, 2)).toEqual([200, 429]);
  });

  test("its headers tell the share", async () => {
    const config = { ...RULES, ...AWAY, local_share: 0.5, response_headers: "openai" };
    const host = await gateway(config);
    const reply = await chat(host);
    expect(reply.headers.get("x-ratelimit-limit-tokens")).toBe("10");
    await host.close();
  });

  test("an estimate by default fits the share, not only the limit", async () => {
    const reservation = { enabled: true, allow_oversize: false };
    const global_threshold = { token_per_hour: 2000 };
    const host = await gateway({
      ...RULES,
      ...AWAY,
      global_threshold,
      reservation,
      local_share: 0.1,
    });
    expect((await chat(host)).status).toBe(200);
    expect(host.metrics.all["token_rate_limit_reserved_tokens"]).toBe(200);
    expect(host.metrics.all["token_rate_limit_refunded_tokens"]).toBe(185);
    await host.close();
  });
});
