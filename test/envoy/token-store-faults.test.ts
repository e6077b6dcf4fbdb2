import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { askRedis } from "../support/ask-redis.js";
import { BrokenLine } from "../support/broken-line.js";
import { RestRedis, type RestDialect } from "../support/rest-redis.js";
import { RedisServer } from "../unit/kit/redis-server.js";
import { LIMIT, PLENTY, QUOTA, type Budgets } from "./budgets.js";
import { Crowd, type Call } from "./crowd.js";
import { startGateway, type Gateway } from "./gateway.js";
import { MeteredModel } from "./metered-model.js";

// A store in trouble behind a real Envoy: every request gets the answer of its fail mode, none
// hangs, no counter is off by anything but charges that broke on the way, and the store is asked
// again as soon as it is back.

const PASSWORD = "fault-secret";
const TIMEOUT_MS = 250;
const LIMIT_MS = 120_000;
const PATIENCE = { timeout: 20_000, interval: 50 };
/** Tokens of one request. */
const COST = 15;
const CLIENTS = 8;
/** Requests while the store is away, and those of one consumer that fit into a local budget. */
const REQUESTS = 24;
const LOCAL_BUDGET = 3 * COST - 1;

const MODES = ["open", "closed", "local"] as const;
type Mode = (typeof MODES)[number];

let redis: RedisServer;
let model: MeteredModel;
const fronts = {} as Record<RestDialect, RestRedis>;
const lines = {} as Record<RestDialect, BrokenLine>;
let gateway: Gateway | null = null;
let crowd: Crowd | null = null;

beforeAll(async () => {
  await buildPlugins([LIMIT.name, QUOTA.name], ["envoy"]);
  [model, redis] = await Promise.all([MeteredModel.start(), RedisServer.start(PASSWORD)]);
  for (const dialect of ["upstash", "webdis"] as const) {
    fronts[dialect] = await RestRedis.start({ url: redis.url, password: PASSWORD }, dialect);
    lines[dialect] = await BrokenLine.start(fronts[dialect].port);
  }
}, LIMIT_MS);
afterAll(async () => {
  for (const line of Object.values(lines)) await line.stop();
  for (const front of Object.values(fronts)) front.stop();
  await model?.stop();
  await redis?.stop();
});
afterEach(async () => {
  crowd?.leave();
  await gateway?.envoy.stop();
  gateway = crowd = null;
});

interface Fault {
  break: (dialect: RestDialect) => unknown;
  mend: (dialect: RestDialect) => unknown;
  /** Commands arrive, only their answers are lost. */
  arrives?: boolean;
  /** What was counted before is lost: Redis keeps nothing on disk here. */
  forgets?: boolean;
}

const line = (state: "hold" | "refuse" | "cut"): Fault => ({
  break: (dialect) => lines[dialect].become(state),
  mend: (dialect) => lines[dialect].become("pass"),
  arrives: state === "cut",
});

const FAULTS: Record<string, Fault> = {
  slow: line("hold"),
  refused: line("refuse"),
  "reset in mid-answer": line("cut"),
  "a wrong password": {
    break: (dialect) => (fronts[dialect].credentials = "Bearer another"),
    mend: (dialect) => (fronts[dialect].credentials = undefined),
  },
  LOADING: {
    break: (dialect) => (fronts[dialect].error = "LOADING Redis is loading the dataset in memory"),
    mend: (dialect) => (fronts[dialect].error = null),
  },
  "Redis killed": {
    break: () => redis.stop("SIGKILL"),
    mend: async () => (redis = await RedisServer.start(PASSWORD, redis.port)),
    forgets: true,
  },
};

/** What a consumer was charged, as Redis has it. */
async function charged(budgets: Budgets, consumer: string, budget: number): Promise<number> {
  const key =
    budgets === LIMIT
      ? `higress-token-ratelimit:{load}:limit_by_per_consumer:86400:x-mse-consumer:${consumer}`
      : `chat_quota:${consumer}`;
  const text = await askRedis(redis.url, PASSWORD, ["get", key]);
  if (budgets === LIMIT) return Number(text ?? 0);
  return text === null ? 0 : budget - Number(text);
}

async function start(budgets: Budgets, mode: Mode, dialect: RestDialect, budget: number) {
  const store = { type: "redis-http", dialect, cluster_name: "rest", timeout: TIMEOUT_MS };
  const config = { ...budgets.config(store, budget), fail_mode: mode, usage_report: undefined };
  gateway = await startGateway({
    plugins: [
      {
        name: budgets.name,
        config: JSON.stringify(config),
        file: `build/envoy/${budgets.name}.wasm`,
      },
    ],
    upstreamPort: model.port,
    clusters: { rest: lines[dialect].port },
    workers: 2,
  });
  return (crowd = new Crowd(gateway.port, CLIENTS));
}

/** Sends so many requests at once, one after the other per client. */
async function load(crowd: Crowd, call: Call, requests: number): Promise<number[]> {
  const statuses: number[] = [];
  let left = requests;
  await crowd.run(() => (last) => {
    if (last) statuses.push(last.status);
    return left-- > 0 ? call : null;
  });
  return statuses;
}

/** What is said to a request that the store cannot judge. */
const CLOSED = { "token-rate-limit": 503, "token-quota": 403 };

async function drill(budgets: Budgets, mode: Mode, dialect: RestDialect, name: string) {
  const fault = FAULTS[name]!;
  const budget = mode === "local" ? LOCAL_BUDGET : PLENTY;
  const crowd = await start(budgets, mode, dialect, budget);
  const consumer = [budgets.name, mode, dialect, name.replaceAll(" ", "-")].join("_");
  const call: Call = { consumer, plan: { input: 10, output: 5, answer: "json" }, maxTokens: 5 };
  const inRedis = () => charged(budgets, consumer, budget);

  expect(await load(crowd, call, 1)).toEqual([200]);
  await expect.poll(inRedis, PATIENCE).toBe(COST);

  await fault.break(dialect);
  const statuses = await load(crowd, call, REQUESTS);
  expect(statuses).toHaveLength(REQUESTS);
  const passed = statuses.filter((status) => status === 200).length;
  if (mode === "open") expect(passed).toBe(REQUESTS);
  if (mode === "closed") expect(new Set(statuses)).toEqual(new Set([CLOSED[budgets.name]]));
  if (mode === "local") {
    expect(new Set(statuses)).toContain(200);
    // Charges come to the local budget once the store has failed them; then nothing passes.
    const status = async () => (await crowd.send(call)).status;
    await expect.poll(status, PATIENCE).toBe(budgets.denied);
  }
  // Charges that are under way fail now, not after the store is back.
  await new Promise((done) => setTimeout(done, 2 * TIMEOUT_MS));
  await fault.mend(dialect);

  const other: Call = { ...call, consumer: `${consumer}_after` };
  await expect.poll(async () => (await crowd.send(other)).status, PATIENCE).toBe(200);
  const served = model.tokens(consumer);
  const before = fault.forgets ? 0 : COST;
  if (mode === "closed") expect(await inRedis()).toBe(before);
  else {
    const found = await inRedis();
    expect(found % COST).toBe(0);
    expect(found).toBeGreaterThanOrEqual(before);
    expect(found).toBeLessThanOrEqual(served);
    if (fault.arrives && mode === "open") expect(found).toBe(served);
  }
  await exactAgain(budgets, crowd, { ...call, consumer: `${consumer}_exact` }, budget);
}

/** From here on nothing is lost. */
async function exactAgain(budgets: Budgets, crowd: Crowd, call: Call, budget: number) {
  const requests = budget === PLENTY ? REQUESTS : 2;
  const statuses = await load(crowd, call, requests);
  expect(statuses).toEqual(Array.from({ length: requests }, () => 200));
  await expect.poll(() => charged(budgets, call.consumer, budget), PATIENCE).toBe(requests * COST);
}

const CASES = [LIMIT, QUOTA].flatMap((budgets) =>
  MODES.flatMap((mode) =>
    Object.keys(FAULTS).map((fault, i) => {
      const dialect: RestDialect = i % 2 ? "webdis" : "upstash";
      return [budgets.name, mode, fault, dialect, budgets] as const;
    }),
  ),
);

describe("a store in trouble", () => {
  test.each(CASES)(
    "%s, fail_mode %s: %s (%s)",
    async (_name, mode, fault, dialect, budgets) => drill(budgets, mode, dialect, fault),
    LIMIT_MS,
  );
});
