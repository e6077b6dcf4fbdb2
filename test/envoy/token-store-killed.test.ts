import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { DurableRedis } from "../support/durable-redis.js";
import { RestRedis } from "../support/rest-redis.js";
import { hasWebdis, WEBDIS, WebdisServer } from "../support/webdis-server.js";
import { LIMIT, PLENTY, QUOTA, type Budgets } from "./budgets.js";
import { MeteredModel } from "./metered-model.js";
import { SteadyLoad } from "./steady-load.js";
import {
  CLOSED,
  COST,
  MODES,
  PATIENCE,
  Troubled,
  type Mode,
  type TroubledStore,
} from "./troubled.js";

// Redis is killed under load and started again, and the load goes on: what was counted before is
// still there, every request in between gets the answer of its fail mode, and the first that Redis
// answers again are counted to the token. Nobody reconnects anything by hand.

const LIMIT_MS = 120_000;
/** A busy machine and a disk that is waited for are no fault. */
const TIMEOUT_MS = 1000;
/** Requests of a phase. */
const MANY = 100;
/** So many requests fit into a budget that has to come to its end. */
const LOCAL_REQUESTS = 4 * MANY;

let redis: DurableRedis;
let model: MeteredModel;
let front: RestRedis;
let webdis: WebdisServer | null = null;
let troubled: Troubled | null = null;

beforeAll(async () => {
  await buildPlugins([LIMIT.name, QUOTA.name], ["envoy"]);
  [model, redis] = await Promise.all([MeteredModel.start(), DurableRedis.start("kill-secret")]);
  front = await RestRedis.start(redis, "upstash");
  if (hasWebdis) webdis = await WebdisServer.start(redis);
}, LIMIT_MS);
afterAll(async () => {
  await webdis?.stop();
  front?.stop();
  await model?.stop();
  await redis?.stop();
});
afterEach(async () => {
  await troubled?.stop();
  troubled = null;
});

async function drill(budgets: Budgets, mode: Mode, store: TroubledStore): Promise<void> {
  const budget = mode === "local" ? LOCAL_REQUESTS * COST : PLENTY;
  const config = { breaker: { failures: 3, open_ms: 200 } };
  const gate = await Troubled.start({
    budgets,
    mode,
    store,
    model,
    budget,
    config,
    timeoutMs: TIMEOUT_MS,
  });
  troubled = gate;
  const name = (phase: string) => `${budgets.name}_${mode}_${store.port}_${phase}`;
  const callOf = (phase: string) => gate.callOf(name(phase));

  const load = new SteadyLoad(gate.crowd, callOf("before"), "before");
  await load.more(MANY);
  load.call = callOf("during");
  await load.more(MANY);
  const before = model.tokens(name("before"));
  await expect.poll(() => gate.charged(name("before")), PATIENCE).toBe(before);
  expect(await gate.errors()).toBe(0);

  const kept = await gate.charged(name("during"));
  expect(kept).toBeGreaterThan(0);
  load.phase = "falling";
  await redis.kill();
  try {
    load.phase = "away";
    await load.more(MANY);
    await expect.poll(() => gate.breaker(), PATIENCE).toBe(1);
    if (mode === "local") {
      const isDenied = () => load.statuses("away").has(budgets.denied);
      await expect.poll(isDenied, PATIENCE).toBe(true);
    }
  } finally {
    load.phase = "rising";
    await redis.revive();
  }

  await expect.poll(() => failures(gate, load), PATIENCE).toBe(0);
  expect(await gate.breaker()).toBe(0);
  const errors = await gate.errors();
  load.phase = "after";
  load.call = callOf("after");
  await load.more(MANY);
  await load.stop();
  await expect.poll(() => gate.pending(), PATIENCE).toBe(0);

  expect(await gate.errors()).toBe(errors);
  expect(await gate.errors("open")).toBeGreaterThan(0);
  expect(await gate.charged(name("before"))).toBe(before);
  expect(await gate.charged(name("after"))).toBe(model.tokens(name("after")));
  expectAnswers(load, budgets, mode);
  // What is not there was reported, and nothing was counted twice.
  const served = model.tokens(name("during"));
  const found = await gate.charged(name("during"));
  expect(found % COST).toBe(0);
  expect(found).toBeGreaterThanOrEqual(kept);
  expect(found).toBeLessThanOrEqual(served);
  const refused = load.answers.filter(({ status }) => status === CLOSED[budgets.name].status);
  const charges = mode === "closed" ? errors - refused.length : errors;
  expect(served - found).toBeLessThanOrEqual(charges * COST);
}

/** Commands that fail while the load goes on, those included that are under way at the end. */
async function failures(gate: Troubled, load: SteadyLoad): Promise<number> {
  const before = await gate.errors();
  await Promise.all([load.more(MANY), new Promise((over) => setTimeout(over, TIMEOUT_MS))]);
  return (await gate.errors()) - before;
}

function expectAnswers(load: SteadyLoad, budgets: Budgets, mode: Mode): void {
  const closed = CLOSED[budgets.name];
  const instead = { open: [200], closed: [closed.status], local: [200, budgets.denied] }[mode];
  expect(load.statuses("before")).toEqual(new Set([200]));
  expect(load.statuses("away")).toEqual(new Set(instead));
  expect(load.statuses("after")).toEqual(new Set([200]));
  const all = new Set(load.answers.map(({ status }) => status));
  expect([...all].filter((status) => status !== 200 && !instead.includes(status))).toEqual([]);
  if (mode !== "closed") return;
  const refused = load.answers.filter(({ status }) => status === closed.status);
  expect(new Set(refused.map(({ body }) => body))).toEqual(new Set([closed.body]));
}

const CASES = [LIMIT, QUOTA].flatMap((budgets) =>
  MODES.map((mode) => [budgets.name, mode, budgets] as const),
);

describe("Redis is killed under load, and comes back", () => {
  test.each(CASES)(
    "%s, fail_mode %s: behind an Upstash",
    (_name, mode, budgets) => drill(budgets, mode, { dialect: "upstash", port: front.port, redis }),
    LIMIT_MS,
  );

  test.skipIf(!hasWebdis).each(CASES)(
    `%s, fail_mode %s: behind ${WEBDIS}`,
    (_name, mode, budgets) =>
      drill(budgets, mode, { dialect: "webdis", port: webdis!.port, redis }),
    LIMIT_MS,
  );
});
