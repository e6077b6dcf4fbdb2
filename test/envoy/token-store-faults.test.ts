import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { BrokenLine } from "../support/broken-line.js";
import { DurableRedis } from "../support/durable-redis.js";
import { RestRedis, type RestDialect } from "../support/rest-redis.js";
import { hasWebdis, WEBDIS, WebdisServer } from "../support/webdis-server.js";
import { LIMIT, PLENTY, QUOTA, type Budgets } from "./budgets.js";
import type { Call } from "./crowd.js";
import { MeteredModel } from "./metered-model.js";
import { CLOSED, COST, MODES, PATIENCE, Troubled, type Mode } from "./troubled.js";

// A store in trouble behind a real Envoy: every request gets the answer of its fail mode, none
// hangs, no counter is off by anything but charges that broke on the way, and the store is asked
// again as soon as it is back.

const PASSWORD = "fault-secret";
const LIMIT_MS = 120_000;
/** Requests while the store is away, and those of one consumer that fit into a local budget. */
const REQUESTS = 24;
const LOCAL_BUDGET = 3 * COST - 1;

let redis: DurableRedis;
let model: MeteredModel;
const fronts = {} as Record<RestDialect, RestRedis>;
const lines = {} as Record<RestDialect, BrokenLine>;
let webdis: WebdisServer | null = null;
let troubled: Troubled | null = null;

beforeAll(async () => {
  await buildPlugins([LIMIT.name, QUOTA.name], ["envoy"]);
  [model, redis] = await Promise.all([MeteredModel.start(), DurableRedis.start(PASSWORD)]);
  for (const dialect of ["upstash", "webdis"] as const) {
    fronts[dialect] = await RestRedis.start(redis, dialect);
    lines[dialect] = await BrokenLine.start(fronts[dialect].port);
  }
  if (hasWebdis) webdis = await WebdisServer.start(redis);
}, LIMIT_MS);
afterAll(async () => {
  await webdis?.stop();
  for (const line of Object.values(lines)) await line.stop();
  for (const front of Object.values(fronts)) front.stop();
  await model?.stop();
  await redis?.stop();
});
afterEach(async () => {
  await troubled?.stop();
  troubled = null;
});

interface Fault {
  break: (dialect: RestDialect) => unknown;
  mend: (dialect: RestDialect) => unknown;
  /** What it is to the plugin, as its metric has it; default: one or the other. */
  reason?: string;
  /** Commands arrive, only their answers are lost. */
  arrives?: boolean;
}

const line = (state: "hold" | "refuse" | "cut", reason: string): Fault => ({
  break: (dialect) => lines[dialect].become(state),
  mend: (dialect) => lines[dialect].become("pass"),
  reason,
  arrives: state === "cut",
});

/** Between the gateway and the HTTP server, or made by that. */
const HTTP_FAULTS: Record<string, Fault> = {
  slow: line("hold", "timeout"),
  refused: line("refuse", "connection"),
  "reset in mid-answer": line("cut", "connection"),
  "a wrong token": {
    break: (dialect) => (fronts[dialect].credentials = "Bearer another"),
    mend: (dialect) => (fronts[dialect].credentials = undefined),
    reason: "reply",
  },
};

/** Redis' own: what the gateway hears is what the HTTP server makes of it. */
const REDIS_FAULTS: Record<string, Fault> = {
  "a wrong password": {
    break: () => restart(() => redis.revive(`${PASSWORD}-changed`)),
    mend: () => restart(() => redis.revive()),
    reason: "reply",
  },
  LOADING: {
    break: () => restart(() => redis.reviveSlowly()),
    mend: () => restart(() => redis.revive()),
    reason: "reply",
  },
  "Redis killed": {
    break: () => redis.kill(),
    mend: () => redis.revive(),
  },
};

async function restart(revive: () => Promise<void>): Promise<void> {
  await redis.kill();
  await revive();
}

interface Drill {
  budgets: Budgets;
  mode: Mode;
  dialect: RestDialect;
  /** Of the HTTP server. */
  port: number;
  fault: string;
}

async function drill({ budgets, mode, dialect, port, fault: name }: Drill): Promise<void> {
  const fault = { ...HTTP_FAULTS, ...REDIS_FAULTS }[name]!;
  const budget = mode === "local" ? LOCAL_BUDGET : PLENTY;
  const store = { dialect, port, redis };
  const gate = (troubled = await Troubled.start({ budgets, mode, store, model, budget }));
  const consumer = [budgets.name, mode, port, name.replaceAll(" ", "-")].join("_");
  const call = gate.callOf(consumer);
  const inRedis = () => gate.charged(consumer);

  expect(await gate.load(call, 1)).toEqual([200]);
  await expect.poll(inRedis, PATIENCE).toBe(COST);

  await fault.break(dialect);
  try {
    await expectAnswers(gate, call, { budgets, mode, reason: fault.reason });
    // Charges that are under way fail now, not after the store is back.
    await expect.poll(() => gate.pending(), PATIENCE).toBe(0);
  } finally {
    await fault.mend(dialect);
  }

  await comesBack(gate, consumer);
  const served = model.tokens(consumer);
  const found = await inRedis();
  if (mode === "closed") expect(found).toBe(COST);
  else {
    expect(found % COST).toBe(0);
    expect(found).toBeGreaterThanOrEqual(COST);
    expect(found).toBeLessThanOrEqual(served);
    if (fault.arrives && mode === "open") expect(found).toBe(served);
  }

  // From here on nothing is lost.
  const exact = `${consumer}_exact`;
  const requests = budget === PLENTY ? REQUESTS : 2;
  expect(await gate.load(gate.callOf(exact), requests)).toEqual(Array(requests).fill(200));
  await expect.poll(() => gate.charged(exact), PATIENCE).toBe(requests * COST);
}

/** Every request gets what the fail mode says, until the fault has shown as what it is. */
async function expectAnswers(
  gate: Troubled,
  call: Call,
  { budgets, mode, reason }: { budgets: Budgets; mode: Mode; reason: string | undefined },
): Promise<void> {
  const all = new Set<number>();
  // Webdis takes a moment to see that Redis is another one.
  const failed = async () => {
    const statuses = await gate.load(call, REQUESTS);
    expect(statuses).toHaveLength(REQUESTS);
    for (const status of statuses) all.add(status);
    return gate.errors(reason);
  };
  await expect.poll(failed, PATIENCE).toBeGreaterThan(0);
  if (mode === "open") expect(all).toEqual(new Set([200]));
  if (mode === "closed") expect(all).toEqual(new Set([CLOSED[budgets.name].status]));
  if (mode === "local") {
    expect(all).toContain(200);
    // Charges come to the local budget once the store has failed them; then nothing passes.
    const status = async () => (await gate.crowd.send(call)).status;
    await expect.poll(status, PATIENCE).toBe(budgets.denied);
  }
}

/** Asks until no command fails any more: Webdis learns of a lost connection by a lost command. */
async function comesBack(gate: Troubled, consumer: string): Promise<void> {
  let round = 0;
  const failures = async () => {
    const before = await gate.errors();
    await gate.load(gate.callOf(`${consumer}_after_${round++}`), REQUESTS);
    await expect.poll(() => gate.pending(), PATIENCE).toBe(0);
    return (await gate.errors()) - before;
  };
  await expect.poll(failures, PATIENCE).toBe(0);
}

/** Each fault with one of the dialects by turns. */
const CASES = [LIMIT, QUOTA].flatMap((budgets) =>
  MODES.flatMap((mode) =>
    Object.keys({ ...HTTP_FAULTS, ...REDIS_FAULTS }).map((fault, i) => {
      const dialect: RestDialect = i % 2 ? "webdis" : "upstash";
      return [budgets.name, mode, fault, dialect, budgets] as const;
    }),
  ),
);

describe("a store in trouble", () => {
  test.each(CASES)(
    "%s, fail_mode %s: %s (%s)",
    (_name, mode, fault, dialect, budgets) =>
      drill({ budgets, mode, fault, dialect, port: lines[dialect].port }),
    LIMIT_MS,
  );
});

const WEBDIS_CASES = [LIMIT, QUOTA].flatMap((budgets) =>
  MODES.flatMap((mode) =>
    Object.keys(REDIS_FAULTS).map((fault) => [budgets.name, mode, fault, budgets] as const),
  ),
);

describe(`a Redis in trouble behind ${WEBDIS}`, () => {
  test.skipIf(!hasWebdis).each(WEBDIS_CASES)(
    "%s, fail_mode %s: %s",
    (_name, mode, fault, budgets) =>
      drill({ budgets, mode, fault, dialect: "webdis", port: webdis!.port }),
    LIMIT_MS,
  );
});
