import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

interface Fault {
  break: (dialect: RestDialect) => unknown;
  mend: (dialect: RestDialect) => unknown;
  /** What it is to the plugin, as its metric has it; default: one or the other. */
  reason?: string;
  /** Commands arrive, only their answers are lost. */
  arrives?: boolean;
  /** Redis, or what stands before it, says: not now. token-quota asks again. */
  putsOff?: boolean;
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
    putsOff: true,
  },
};

/** Redis' own: what the gateway hears is what the HTTP server makes of it. */
const REDIS_FAULTS: Record<string, Fault> = {
  "a wrong password": {
    break: () => restart(() => redis.revive(`${PASSWORD}-changed`)),
    mend: () => restart(() => redis.revive()),
    reason: "reply",
    putsOff: true,
  },
  LOADING: {
    break: () => restart(() => redis.reviveSlowly()),
    mend: () => restart(() => redis.revive()),
    reason: "reply",
    putsOff: true,
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

/** A gateway that goes from one fault to the next. */
interface Patient {
  budgets: Budgets;
  mode: Mode;
  dialect: RestDialect;
  gate: Troubled;
}

const budgetOf = (mode: Mode) => (mode === "local" ? LOCAL_BUDGET : PLENTY);

async function drill(patient: Patient, name: string): Promise<void> {
  const { budgets, mode, dialect, gate } = patient;
  const fault = { ...HTTP_FAULTS, ...REDIS_FAULTS }[name]!;
  const budget = budgetOf(mode);
  const id = [budgets.name, mode, gate.port, name.replaceAll(" ", "-")].join("_");
  const { consumer } = await loadWithoutFailure(gate, `${id}_at`, 1);
  const call = gate.callOf(consumer);
  const inRedis = () => gate.charged(consumer);
  await expect.poll(inRedis, PATIENCE).toBe(COST);

  const unsureBefore = await unsure(gate);
  await fault.break(dialect);
  try {
    await expectAnswers(patient, call, fault.reason);
    // Charges that are under way fail now, not after the store is back.
    await expect.poll(() => gate.pending(), PATIENCE).toBe(0);
  } finally {
    await fault.mend(dialect);
  }

  await loadWithoutFailure(gate, `${id}_after`, REQUESTS);
  const served = model.tokens(consumer);
  if (mode === "open" && fault.arrives) await expect.poll(inRedis, PATIENCE).toBe(served);
  if (mode === "open" && fault.putsOff && budgets === QUOTA) {
    // Webdis loses the commands by which it learns that Redis is another one.
    const most = COST * ((await unsure(gate)) - unsureBefore);
    const missing = async () => served - (await inRedis());
    await expect.poll(missing, PATIENCE).toBeLessThanOrEqual(most);
  }
  const found = await inRedis();
  if (mode === "closed") expect(found).toBe(COST);
  expect(found % COST).toBe(0);
  expect(found).toBeGreaterThanOrEqual(COST);
  expect(found).toBeLessThanOrEqual(served);

  // From here on nothing is lost.
  const requests = budget === PLENTY ? REQUESTS : 2;
  const exact = await loadWithoutFailure(gate, `${id}_exact`, requests);
  expect(exact.statuses).toEqual(Array(requests).fill(200));
  await expect.poll(() => gate.charged(exact.consumer), PATIENCE).toBe(requests * COST);
}

/** Commands of which nobody knows whether they were carried out. */
async function unsure(gate: Troubled): Promise<number> {
  return (await gate.errors("timeout")) + (await gate.errors("connection"));
}

/** Every request gets what the fail mode says, until the fault has shown as what it is. */
async function expectAnswers(
  { gate, budgets, mode }: Patient,
  call: Call,
  reason: string | undefined,
): Promise<void> {
  const all = new Set<number>();
  const before = await gate.errors(reason);
  // Webdis takes a moment to see that Redis is another one.
  const failed = async () => {
    const statuses = await gate.load(call, REQUESTS);
    expect(statuses).toHaveLength(REQUESTS);
    for (const status of statuses) all.add(status);
    return gate.errors(reason);
  };
  await expect.poll(failed, PATIENCE).toBeGreaterThan(before);
  if (mode === "open") expect(all).toEqual(new Set([200]));
  if (mode === "closed") expect(all).toEqual(new Set([CLOSED[budgets.name].status]));
  if (mode === "local") {
    expect(all).toContain(200);
    // Charges come to the local budget once the store has failed them; then nothing passes.
    const status = async () => (await gate.crowd.send(call)).status;
    await expect.poll(status, PATIENCE).toBe(budgets.denied);
  }
}

/**
 * Sends so many requests of one consumer, and again of another one until no command failed: Webdis
 * learns of a lost connection by a lost command, and a busy machine answers too late.
 */
async function loadWithoutFailure(
  gate: Troubled,
  id: string,
  requests: number,
): Promise<{ consumer: string; statuses: number[] }> {
  let round = 0;
  let consumer = "";
  let statuses: number[] = [];
  const failures = async () => {
    const before = await gate.errors();
    consumer = `${id}_${round++}`;
    statuses = await gate.load(gate.callOf(consumer), requests);
    await expect.poll(() => gate.pending(), PATIENCE).toBe(0);
    return (await gate.errors()) - before;
  };
  await expect.poll(failures, PATIENCE).toBe(0);
  return { consumer, statuses };
}

const PAIRS = [LIMIT, QUOTA].flatMap((budgets) => MODES.map((mode) => [budgets, mode] as const));

/** One gateway for all faults of a mode. */
function testFaults(
  [budgets, mode]: (typeof PAIRS)[number],
  dialect: RestDialect,
  faults: string[],
  portOf: () => number,
): void {
  describe(`${budgets.name}, fail_mode ${mode} (${dialect})`, () => {
    let patient: Patient;
    beforeAll(async () => {
      const store = { dialect, port: portOf(), redis };
      const gate = await Troubled.start({ budgets, mode, store, model, budget: budgetOf(mode) });
      patient = { budgets, mode, dialect, gate };
    }, LIMIT_MS);
    afterAll(() => patient?.gate.stop());

    test.each(faults)("%s", (fault) => drill(patient, fault), LIMIT_MS);
  });
}

describe("a store in trouble", () => {
  // Each plugin with both dialects by turns, and each dialect with all modes.
  for (const [i, pair] of PAIRS.entries()) {
    const dialect: RestDialect = i % 2 ? "webdis" : "upstash";
    const faults = Object.keys({ ...HTTP_FAULTS, ...REDIS_FAULTS });
    testFaults(pair, dialect, faults, () => lines[dialect].port);
  }
});

describe.skipIf(!hasWebdis)(`a Redis in trouble behind ${WEBDIS}`, () => {
  for (const pair of PAIRS) {
    testFaults(pair, "webdis", Object.keys(REDIS_FAULTS), () => webdis!.port);
  }
});
