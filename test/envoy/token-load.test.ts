import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { Random } from "../conformance/random.js";
import { buildPlugins } from "../../build/tools/build.js";
import { RedisServer } from "../unit/kit/redis-server.js";
import { askRedis } from "../support/ask-redis.js";
import { RestRedis } from "../support/rest-redis.js";
import { askQuota, LIMIT, PLENTY, QUOTA, type Budgets } from "./budgets.js";
import { Crowd, type Call } from "./crowd.js";
import { startGateway, type Gateway } from "./gateway.js";
import { MeteredModel, type Plan } from "./metered-model.js";

// Budgets under load, in a real Envoy with four workers: no update is lost, and with a reservation
// no budget is passed. The short run counts requests; TOKEN_LOAD_SECONDS=60 makes each of the
// budget tests go on for a minute, with one budget after the other.

const CLIENTS = 64;
const WORKERS = 4;
const SECONDS = Number(process.env["TOKEN_LOAD_SECONDS"] ?? 0);
const LIMIT_MS = 120_000 + SECONDS * 1000;

/** Charges to Redis are still under way when the client has its answer. */
const PATIENCE = { timeout: 30_000 };

const PASSWORD = "load-secret";
const BUDGET = 10_000;
/** The longest answer and prompt of a plan. */
const MOST_OUTPUT = 64;
const MOST_INPUT = 90;

const STORES = ["shared", "upstash", "webdis"] as const;
type Store = (typeof STORES)[number];

let redis: RedisServer;
let model: MeteredModel;
const rest: RestRedis[] = [];
let gateway: Gateway | null = null;
let crowd: Crowd | null = null;

beforeAll(async () => {
  await buildPlugins([LIMIT.name, QUOTA.name], ["envoy"]);
  [model, redis] = await Promise.all([MeteredModel.start(), RedisServer.start(PASSWORD)]);
  for (const dialect of ["upstash", "webdis"] as const) {
    rest.push(await RestRedis.start({ url: redis.url, password: PASSWORD }, dialect));
  }
}, LIMIT_MS);
afterAll(async () => {
  for (const server of rest) server.stop();
  await model?.stop();
  await redis?.stop();
});
afterEach(async () => {
  crowd?.leave();
  await gateway?.envoy.stop();
  gateway = crowd = null;
});

/** A gateway with the plugins in this order, and clients for it. */
async function start(plugins: readonly [Budgets, object][]): Promise<Crowd> {
  gateway = await startGateway({
    plugins: plugins.map(([{ name }, config]) => ({
      name,
      config: JSON.stringify(config),
      file: `build/envoy/${name}.wasm`,
    })),
    upstreamPort: model.port,
    clusters: { upstash: rest[0]?.port ?? 0, webdis: rest[1]?.port ?? 0 },
    workers: WORKERS,
  });
  crowd = new Crowd(gateway.port, CLIENTS);
  return crowd;
}

/** @param options of the shared store */
function storeOf(store: Store, options: object = {}): object {
  if (store === "shared") return { type: store, ...options };
  return { type: "redis-http", dialect: store, cluster_name: store, timeout: 20_000 };
}

const STORE_ERRORS = "token_.*_store_errors_.*";

/** Metrics of the plugins whose names match. */
async function metrics(pattern: string): Promise<Record<string, number>> {
  const found = await gateway?.envoy.stats(`^wasmcustom\\.${pattern}$`);
  return Object.fromEntries(found ?? []);
}

/** A request that uses at most what it announces; one in ten fails. */
function callOf(random: Random, consumer: string): Call {
  const maxTokens = 1 + random.below(MOST_OUTPUT);
  const input = 1 + random.below(MOST_INPUT);
  const output = 1 + random.below(maxTokens);
  const answer = random.chance(0.1) ? "error" : random.pick(["json", "stream"] as const);
  return { consumer, plan: { input, output, answer }, maxTokens };
}

/** Never the same twice: counters in Redis outlive a test. */
const consumerOf = (...words: (string | number)[]) => words.join("-");

describe("no update is lost", () => {
  const REQUESTS = 800;
  const CASES = STORES.flatMap((store) => [
    [store, "without", undefined] as const,
    [store, "with", { read_body: true }] as const,
  ]);

  test.each(CASES)(
    "%s, %s reservation",
    async (store, what, reservation) => {
      const random = new Random(11);
      // One slot for all counters: every write is in the way of every other one.
      const limit = LIMIT.config(storeOf(store, { slots: 1 }), PLENTY, reservation);
      const quota = QUOTA.config(storeOf(store), PLENTY, reservation && {});
      const crowd = await start([
        [QUOTA, { ...quota, redis_key_prefix: `exact-${store}-${what}:` }],
        [LIMIT, limit],
      ]);
      const consumers = Array.from({ length: 8 }, (_, i) => consumerOf("exact", store, what, i));
      let requests = 0;
      const next = () => (++requests > REQUESTS ? null : callOf(random, random.pick(consumers)));
      await crowd.run(() => next);

      const sum = consumers.reduce((sum, consumer) => sum + model.tokens(consumer), 0);
      expect(sum).toBeGreaterThan(REQUESTS * 30);
      for (const consumer of consumers) {
        const left = PLENTY - model.tokens(consumer);
        await expect.poll(() => LIMIT.left(crowd, consumer), PATIENCE).toBe(left);
        await expect.poll(() => QUOTA.left(crowd, consumer), PATIENCE).toBe(left);
      }
      const { quotas } = JSON.parse((await askQuota(crowd, "/report")).body) as {
        quotas: { consumer: string; total: object }[];
      };
      const totals = new Map(quotas.map(({ consumer, total }) => [consumer, total]));
      for (const one of consumers) expect(totals.get(one)).toEqual(model.served(one));
      expect(await metrics("token_(rate_limit|quota)_charged.*")).toEqual({
        "wasmcustom.token_rate_limit_charged_tokens": sum,
        "wasmcustom.token_quota_charged": sum,
      });
      expect(await metrics(STORE_ERRORS)).toEqual({});
      // It were no proof if one worker had all the connections.
      const workers = await gateway?.envoy.stats("\\.worker_\\d\\.downstream_cx_total$");
      expect([...(workers?.values() ?? [])].filter((connections) => connections > 4)).toHaveLength(
        WORKERS,
      );
    },
    LIMIT_MS,
  );
});

/** Counts of all rounds of a test. */
interface Totals {
  rounds: number;
  requests: number;
  denied: number;
  served: number;
}

/** Everybody sends until it was refused three times in a row: the budget is gone. */
async function exhaust(
  crowd: Crowd,
  budgets: Budgets,
  next: () => Call,
  totals: Totals,
): Promise<void> {
  await crowd.run(() => {
    let refusals = 0;
    return (last) => {
      if (last) totals.requests++;
      const isRefused = last?.status === budgets.denied;
      if (isRefused) totals.denied++;
      else if (last && last.status !== 200 && last.status !== 500) throw new Error(last.body);
      refusals = isRefused ? refusals + 1 : 0;
      return refusals < 3 ? next() : null;
    };
  });
}

const EACH = [LIMIT, QUOTA].flatMap((budgets) =>
  STORES.map((store) => [budgets.name, store, budgets] as const),
);
/** Where the way to Redis decides nothing. */
const SOME = EACH.filter(
  ([, store, budgets]) => store !== (budgets === LIMIT ? "webdis" : "upstash"),
);

describe(`${CLIENTS} clients and one budget`, () => {
  test.each(EACH)(
    "%s, %s, strict reservation: not a token above the budget, which can be used up",
    async (name, store, budgets) => {
      const reservation =
        budgets === LIMIT
          ? { allow_oversize: false, read_body: true }
          : { strict: true, default_completion_tokens: MOST_OUTPUT };
      const crowd = await start([[budgets, budgets.config(storeOf(store), BUDGET, reservation)]]);
      const random = new Random(7);
      const totals = { rounds: 0, requests: 0, denied: 0, served: 0 };
      const end = Date.now() + SECONDS * 1000;
      for (; totals.rounds < 2 || Date.now() < end; totals.rounds++) {
        const consumer = consumerOf("strict", name, store, totals.rounds);
        await exhaust(crowd, budgets, () => callOf(random, consumer), totals);
        // An answer of the store that got lost would be no fault of the arithmetic.
        expect(await metrics(STORE_ERRORS)).toEqual({});
        const left = () => BUDGET - model.tokens(consumer);
        await expect.poll(() => budgets.left(crowd, consumer), PATIENCE).toBe(left());
        expect(left()).toBeGreaterThanOrEqual(0);

        // What came back at the end is there for whoever still asks, to the last request that fits.
        const last: Call = { ...callOf(random, consumer), maxTokens: MOST_OUTPUT };
        last.plan.answer = "json";
        while ((await crowd.send(last)).status === 200);
        await expect.poll(() => budgets.left(crowd, consumer), PATIENCE).toBe(left());
        expect(left()).toBeGreaterThanOrEqual(0);
        expect(left()).toBeLessThan(Crowd.body(last).length + MOST_OUTPUT);
        totals.served += model.tokens(consumer);
      }
      expect(totals.denied).toBeGreaterThan(0);
      if (SECONDS) console.log(`${name}, ${store}: ${JSON.stringify(totals)}, ${SECONDS} s`);
    },
    LIMIT_MS,
  );

  // The settlement slack: what requests that run at once use beyond their estimates.
  test.each(SOME)(
    "%s, %s, estimates that are too low: above the budget by what they are off at most",
    async (name, store, budgets) => {
      const estimate = 16;
      const isStrict = budgets === LIMIT ? { allow_oversize: false } : { strict: true };
      const reservation = { ...isStrict, default_completion_tokens: estimate };
      const crowd = await start([[budgets, budgets.config(storeOf(store), BUDGET, reservation)]]);
      const random = new Random(5);
      const consumer = consumerOf("slack", name, store);
      const totals = { rounds: 1, requests: 0, denied: 0, served: 0 };
      await exhaust(crowd, budgets, () => callOf(random, consumer), totals);
      const slack = CLIENTS * (MOST_OUTPUT - estimate);
      expect(model.tokens(consumer)).toBeLessThanOrEqual(BUDGET + slack);
      const left = BUDGET - model.tokens(consumer);
      const shown = budgets === LIMIT ? Math.max(0, left) : left;
      await expect.poll(() => budgets.left(crowd, consumer), PATIENCE).toBe(shown);
    },
    LIMIT_MS,
  );

  test.each(SOME)(
    "%s, %s, no reservation: who is there at once gets in, as in Higress",
    async (name, store, budgets) => {
      const crowd = await start([[budgets, budgets.config(storeOf(store), 1000)]]);
      const consumer = consumerOf("peer", name, store);
      const plan: Plan = { input: 10, output: 20, answer: "json" };
      const call = { consumer, plan, maxTokens: 20 };
      const statuses: number[] = [];
      model.waitForCrowd(CLIENTS);
      await crowd.run(() => (last) => {
        if (last) statuses.push(last.status);
        return last ? null : call;
      });
      expect(statuses).toEqual(Array.from({ length: CLIENTS }, () => 200));
      // The next one is refused, once the charges have arrived.
      const probe: Call = { ...call, plan: { ...plan, answer: "error" } };
      await expect
        .poll(async () => (await crowd.send(probe)).status, PATIENCE)
        .toBe(budgets.denied);
      expect(model.tokens(consumer)).toBe(CLIENTS * 30);
      if (budgets === QUOTA) {
        await expect.poll(() => budgets.left(crowd, consumer), PATIENCE).toBe(1000 - CLIENTS * 30);
      } else if (store !== "shared") {
        // A counter that is above its limit takes nothing more (token-rate-limit contract 4.3).
        const key = `higress-token-ratelimit:{load}:limit_by_per_consumer:86400:x-mse-consumer:${consumer}`;
        expect(await askRedis(redis.url, PASSWORD, ["get", key])).toBe("1020");
      }
    },
    LIMIT_MS,
  );
});
