import { redis, type ClientResponse, type Host } from "proxy-wasm-test";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { askRedis } from "../support/ask-redis.js";
import { DurableRedis } from "../support/durable-redis.js";
import * as quota from "./token-quota/support.js";
import * as limit from "./token-rate-limit/support.js";

// A real Redis in trouble behind Higress' host call: every request gets the answer of its fail mode,
// none hangs, counters are right afterwards, and nobody reconnects anything by hand.

const PASSWORD = "trouble-secret";
const MODES = ["open", "closed", "local"] as const;
type Mode = (typeof MODES)[number];

/** Tokens of one answer, and what nobody uses up. */
const COST = 15;
const PLENTY = 1_000_000;
/** Requests that are under way at once. */
const MANY = 12;
const PATIENCE = { timeout: 10_000, interval: 20 };

let server: DurableRedis;
let host: Host;

beforeAll(async () => {
  server = await DurableRedis.start(PASSWORD);
}, 30_000);
afterAll(() => server.stop());
afterEach(() => host.close());

interface Subject {
  config: object;
  start: typeof limit.higress;
  /** What is said with `closed`. */
  refusal: number;
  /** Charges that Redis puts off are taken when it is ready. */
  keepsCharges: boolean;
  charged: (consumer: string) => Promise<number>;
}

async function inRedis(key: string): Promise<number | null> {
  const text = await askRedis(server.url, PASSWORD, ["get", key]);
  return text === null ? null : Number(text);
}

const SUBJECTS: Record<string, Subject> = {
  "token-rate-limit": {
    config: {
      rule_name: "trouble",
      rule_items: [
        { limit_by_per_consumer: "", limit_keys: [{ key: "*", token_per_day: PLENTY }] },
      ],
    },
    start: limit.higress,
    refusal: 503,
    keepsCharges: false,
    charged: async (consumer) =>
      (await inRedis(
        `higress-token-ratelimit:{trouble}:limit_by_per_consumer:86400:x-mse-consumer:${consumer}`,
      )) ?? 0,
  },
  "token-quota": {
    config: { admin_consumer: "admin", default_quota: PLENTY },
    start: quota.higress,
    refusal: 403,
    keepsCharges: true,
    charged: async (consumer) => PLENTY - ((await inRedis(`chat_quota:${consumer}`)) ?? PLENTY),
  },
};

interface Trouble {
  begin: () => Promise<void>;
  end: () => Promise<void>;
  /** Redis says that it will not, before it does anything. */
  putsOff: boolean;
}

async function restart(revive: () => Promise<void>): Promise<void> {
  await server.kill();
  await revive();
}

const TROUBLES: Record<string, Trouble> = {
  "a wrong password": {
    begin: () => restart(() => server.revive(`${PASSWORD}-changed`)),
    end: () => restart(() => server.revive()),
    putsOff: true,
  },
  LOADING: {
    begin: () => restart(() => server.reviveSlowly()),
    end: () => restart(() => server.revive()),
    putsOff: true,
  },
  "killed, and started again": {
    begin: () => server.kill(),
    end: () => server.revive(),
    putsOff: false,
  },
};

/** So many requests at once; what became of them. */
async function load(consumer: string, count = MANY): Promise<number[]> {
  const headers = { "x-mse-consumer": consumer };
  const all = Array.from({ length: count }, () => limit.chat(host, headers));
  return (await Promise.all(all)).map(({ status }: ClientResponse) => status);
}

/** Commands that failed so far. */
function failures(): number {
  const found = Object.entries(host.metrics.all).filter(([name]) => name.includes("store_errors"));
  return found.reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Sends requests until all their commands are answered. */
async function recover(consumer: string): Promise<void> {
  const failed = async () => {
    const before = failures();
    await load(consumer);
    return failures() - before;
  };
  await expect.poll(failed, PATIENCE).toBe(0);
}

async function start({ start, config }: Subject, mode: Mode): Promise<void> {
  const login = { service_name: "redis.dns", password: PASSWORD, timeout: 2000 };
  const clusters = { [limit.REDIS_CLUSTER]: redis({ url: server.url }) };
  ({ host } = await start({ ...config, redis: login, fail_mode: mode }, { clusters }));
}

const CASES = Object.keys(SUBJECTS).flatMap((name) =>
  MODES.flatMap((mode) => Object.keys(TROUBLES).map((trouble) => [name, mode, trouble] as const)),
);

describe("a Redis in trouble", () => {
  test.each(CASES)("%s, fail_mode %s: %s", async (name, mode, what) => {
    const subject = SUBJECTS[name]!;
    const trouble = TROUBLES[what]!;
    const consumer = `${name}-${mode}-${what.replaceAll(" ", "-")}`;
    const charged = () => subject.charged(consumer);
    await start(subject, mode);
    expect(await load(consumer, 1)).toEqual([200]);
    await expect.poll(charged, PATIENCE).toBe(COST);

    await trouble.begin();
    let during: number[];
    try {
      during = await load(consumer);
      expect(failures()).toBeGreaterThan(0);
    } finally {
      await trouble.end();
    }
    expect(during).toEqual(Array(MANY).fill(mode === "closed" ? subject.refusal : 200));

    await recover(`${consumer}-after`);
    const isKept = mode === "open" && trouble.putsOff && subject.keepsCharges;
    await expect.poll(charged, PATIENCE).toBe(isKept ? (1 + MANY) * COST : COST);
    const exact = `${consumer}-exact`;
    expect(await load(exact)).toEqual(Array(MANY).fill(200));
    await expect.poll(() => subject.charged(exact), PATIENCE).toBe(MANY * COST);
  });
});

describe("a Redis that is killed while requests are under way", () => {
  const PAIRS = Object.keys(SUBJECTS).flatMap((name) => MODES.map((mode) => [name, mode] as const));

  test.each(PAIRS)("%s, fail_mode %s", async (name, mode) => {
    const subject = SUBJECTS[name]!;
    const consumer = `${name}-${mode}-load`;
    const exact = `${consumer}-exact`;
    await start(subject, mode);
    const statuses: number[] = [];
    let isOver = false;
    const client = async (): Promise<void> => {
      while (!isOver) statuses.push(...(await load(consumer, 1)));
    };
    const clients = Array.from({ length: 4 }, client);
    const more = (count: number) => {
      const from = statuses.length;
      return expect.poll(() => statuses.length - from, PATIENCE).toBeGreaterThan(count);
    };
    try {
      await more(MANY);
      await server.kill();
      await expect.poll(failures, PATIENCE).toBeGreaterThan(0);
      await more(MANY);
      await server.revive();
      await more(MANY);
    } finally {
      isOver = true;
      await Promise.all(clients);
    }
    const refusals = statuses.filter((status) => status === subject.refusal);
    expect(refusals.length > 0).toBe(mode === "closed");
    const served = statuses.filter((status) => status === 200);
    expect(served.length + refusals.length).toBe(statuses.length);

    await recover(`${consumer}-after`);
    const found = await subject.charged(consumer);
    expect(found % COST).toBe(0);
    expect(found).toBeGreaterThanOrEqual(COST);
    expect(found).toBeLessThanOrEqual(served.length * COST);
    expect(await load(exact)).toEqual(Array(MANY).fill(200));
    await expect.poll(() => subject.charged(exact), PATIENCE).toBe(MANY * COST);
  });
});
