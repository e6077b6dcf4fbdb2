import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { BrokenLine, type Loss } from "../support/broken-line.js";
import { DurableRedis } from "../support/durable-redis.js";
import { RestRedis, type RestDialect } from "../support/rest-redis.js";
import { askQuota, LIMIT, PLENTY, QUOTA, type Budgets } from "./budgets.js";
import { MeteredModel } from "./metered-model.js";
import { COST, PATIENCE, Troubled } from "./troubled.js";

// A server closes a connection just when the gateway sends on it, or before it has answered: nobody
// can tell which. What only asks and what adds is sent once more, and counts once.

const LIMIT_MS = 120_000;
const DIALECTS = ["upstash", "webdis"] as const;

let redis: DurableRedis;
let model: MeteredModel;
const fronts = {} as Record<RestDialect, RestRedis>;
const lines = {} as Record<RestDialect, BrokenLine>;
let troubled: Troubled | null = null;

beforeAll(async () => {
  await buildPlugins([LIMIT.name, QUOTA.name], ["envoy"]);
  [model, redis] = await Promise.all([MeteredModel.start(), DurableRedis.start("resend-secret")]);
  for (const dialect of DIALECTS) {
    fronts[dialect] = await RestRedis.start(redis, dialect);
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
  await troubled?.stop();
  troubled = null;
});

interface Kind {
  budgets: Budgets;
  config: object;
  /** Which of the commands of a request are lost, each once; default: the check and the charge. */
  losing?: number[];
  /** How often a request is charged. */
  times?: number;
  /** Nobody has set a balance, and it is the first request that loses something. */
  isFresh?: boolean;
}

const RULE = { limit_by_per_consumer: "", limit_keys: [{ key: "*", token_per_day: PLENTY }] };
const reservation = { enabled: true };

/** Each plugin, and the different commands that it charges with. */
const KINDS: Record<string, Kind> = {
  "token-rate-limit": { budgets: LIMIT, config: {} },
  "token-rate-limit, a sliding window": { budgets: LIMIT, config: { algorithm: "sliding" } },
  "token-rate-limit, the same counter twice": {
    budgets: LIMIT,
    config: { rule_items: [RULE, RULE] },
    times: 2,
  },
  "token-rate-limit, a reservation and its settlement": {
    budgets: LIMIT,
    config: { reservation: { ...reservation, read_body: true } },
  },
  "token-rate-limit, a reservation in a sliding window": {
    budgets: LIMIT,
    config: { reservation: { ...reservation, read_body: true }, algorithm: "sliding" },
  },
  "token-quota, an administrator's balance": { budgets: QUOTA, config: { default_quota: 0 } },
  "token-quota, a granted balance": { budgets: QUOTA, config: {} },
  "token-quota, a reservation and its settlement": { budgets: QUOTA, config: { reservation } },
  "token-quota, a reservation of a grant": {
    budgets: QUOTA,
    config: { reservation },
    isFresh: true,
  },
  "token-quota, a usage report": {
    budgets: QUOTA,
    config: { usage_report: true },
    losing: [1, 2],
  },
};

async function drill(kind: string, dialect: RestDialect, loss: Loss): Promise<void> {
  const { budgets, config, losing = [0, 1], times = 1, isFresh = false } = KINDS[kind]!;
  const line = lines[dialect];
  const store = { dialect, port: line.port, redis };
  const gate = (troubled = await Troubled.start({ budgets, mode: "closed", store, model, config }));
  const consumer = `${Object.keys(KINDS).indexOf(kind)}_${dialect}_${loss}`;
  if (budgets === QUOTA && !isFresh) {
    await askQuota(gate.crowd, `/refresh?consumer=${consumer}&quota=${PLENTY}`);
  }
  let requests = 0;
  const send = async () => {
    expect(await gate.load(gate.callOf(consumer), 1)).toEqual([200]);
    await expect.poll(() => line.isLosing, PATIENCE).toBe(false);
    const left = PLENTY - times * ++requests * COST;
    await expect.poll(() => budgets.left(gate.crowd, consumer), PATIENCE).toBe(left);
  };

  if (!isFresh) await send();
  for (const command of losing) {
    line.loseOne(loss, command);
    await send();
  }
  if ("usage_report" in config) {
    const total = { input: 10 * requests, output: 5 * requests, requests };
    await expect.poll(() => reported(gate, consumer), PATIENCE).toEqual(total);
  }
  expect(await gate.errors()).toBe(0);
}

/** What the usage report says of a consumer. */
async function reported(gate: Troubled, consumer: string): Promise<object | undefined> {
  const { body } = await askQuota(gate.crowd, "/report");
  const { quotas } = JSON.parse(body) as { quotas: { consumer: string; total: object }[] };
  return quotas.find((line) => line.consumer === consumer)?.total;
}

const CASES = Object.keys(KINDS).flatMap((name) =>
  DIALECTS.flatMap((dialect) =>
    (["question", "answer"] as const).map((loss) => [name, dialect, loss] as const),
  ),
);

describe("a connection breaks, and nothing is lost or counted twice", () => {
  test.each(CASES)("%s (%s): no %s", drill, LIMIT_MS);
});
