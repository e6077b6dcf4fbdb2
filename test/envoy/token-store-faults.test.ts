import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { BrokenLine } from "../support/broken-line.js";
import { DurableRedis } from "../support/durable-redis.js";
import { RestRedis, type RestDialect } from "../support/rest-redis.js";
import { hasWebdis, WEBDIS, WebdisServer } from "../support/webdis-server.js";
import { LIMIT, PLENTY, QUOTA, type Budgets } from "./budgets.js";
import { MeteredModel } from "./metered-model.js";
import { CLOSED, COST, MODES, PATIENCE, Troubled, type Mode } from "./troubled.js";

// A store in trouble behind a real Envoy: every request gets the answer of its fail mode, none
// hangs, no counter is off by anything but charges that broke on the way, and the store is asked
// again as soon as it is back. Each plugin, with each fail mode, in front of each kind of store; what
// shares a fault meets it at the same time.

const PASSWORD = "fault-secret";
const LIMIT_MS = 120_000;
/** Few clients and much time: all drills of a fault share a machine. */
const LOAD = { clients: 4, timeoutMs: 500 };
/** Requests while the store is away, and those of one consumer that fit into a local budget. */
const REQUESTS = 12;
const LOCAL_BUDGET = 3 * COST - 1;

/** How gateways reach Redis; the last is the real Webdis. */
type Front = RestDialect | "real webdis";
const dialectOf = (front: Front): RestDialect => (front === "upstash" ? front : "webdis");

let redis: DurableRedis;
let model: MeteredModel;
const servers: Partial<Record<Front, RestRedis>> = {};
const lines = {} as Record<Front, BrokenLine>;
let webdis: WebdisServer | null = null;

beforeAll(async () => {
  await buildPlugins([LIMIT.name, QUOTA.name], ["envoy"]);
  [model, redis] = await Promise.all([MeteredModel.start(), DurableRedis.start(PASSWORD)]);
  for (const dialect of ["upstash", "webdis"] as const) {
    const server = await RestRedis.start(redis, dialect);
    servers[dialect] = server;
    lines[dialect] = await BrokenLine.start(server.port);
  }
  if (!hasWebdis) return;
  webdis = await WebdisServer.start(redis);
  lines["real webdis"] = await BrokenLine.start(webdis.port);
}, LIMIT_MS);
afterAll(async () => {
  for (const line of Object.values(lines)) await line.stop();
  await webdis?.stop();
  for (const server of Object.values(servers)) server.stop();
  await model?.stop();
  await redis?.stop();
});

interface Fault {
  break: (fronts: readonly Front[]) => unknown;
  mend: (fronts: readonly Front[]) => unknown;
  /** What it is to the plugin, as its metric has it; default: one or the other. */
  reason?: string;
  /** Commands arrive, only their answers are lost. */
  arrives?: boolean;
  /** Redis, or what stands before it, says: not now. token-quota asks again. */
  putsOff?: boolean;
}

const eachOf = (fronts: readonly Front[], change: (front: Front) => unknown) =>
  Promise.all(fronts.map(change));

const line = (state: "hold" | "refuse" | "cut", reason: string): Fault => ({
  break: (fronts) => eachOf(fronts, (front) => lines[front].become(state)),
  mend: (fronts) => eachOf(fronts, (front) => lines[front].become("pass")),
  reason,
  arrives: state === "cut",
});

const credentials = (text: string | undefined) => (fronts: readonly Front[]) => {
  for (const front of fronts) servers[front]!.credentials = text;
};

const FAULTS: Record<string, Fault> = {
  // Between the gateway and the HTTP server.
  slow: line("hold", "timeout"),
  refused: line("refuse", "connection"),
  "reset in mid-answer": line("cut", "connection"),
  // Made by that: the real Webdis knows no token.
  "a wrong token": {
    break: credentials("Bearer another"),
    mend: credentials(undefined),
    reason: "reply",
    putsOff: true,
  },
  // Redis' own: what the gateway hears is what the HTTP server makes of it.
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

/** A plugin that goes from one fault to the next, in a gateway that it may share. */
interface Patient {
  budgets: Budgets;
  mode: Mode;
  front: Front;
  gate: Troubled;
}

const budgetOf = (mode: Mode) => (mode === "local" ? LOCAL_BUDGET : PLENTY);

/** A patient, and what it had before the fault. */
interface Case extends Patient {
  id: string;
  consumer: string;
  unsure: { timeouts: number; broken: number };
}

/** Does something with all at once; says which of them it was that failed. */
async function withEach<T extends Patient, R>(
  all: T[],
  work: (one: T) => Promise<R>,
): Promise<R[]> {
  const outcomes = await Promise.allSettled(all.map(work));
  return outcomes.map((outcome, i) => {
    if (outcome.status === "fulfilled") return outcome.value;
    const { budgets, mode, front } = all[i]!;
    const reason = outcome.reason as Error;
    throw new Error(`${budgets.name}, ${mode}, ${front}: ${reason.message}`, { cause: reason });
  });
}

async function drill(patients: Patient[], name: string): Promise<void> {
  const fault = FAULTS[name]!;
  const fronts = [...new Set(patients.map(({ front }) => front))];
  const cases = await withEach(patients, (patient) => open(patient, name));
  await fault.break(fronts);
  try {
    await withEach(cases, async (one) => {
      await expectAnswers(one, fault.reason);
      // Charges that are under way fail now, not after the store is back.
      await expect.poll(() => one.gate.pending(), PATIENCE).toBe(0);
    });
  } finally {
    await fault.mend(fronts);
  }
  await withEach(cases, (one) => expectRecovery(one, fault));
}

async function open(patient: Patient, fault: string): Promise<Case> {
  const { budgets, mode, front, gate } = patient;
  const id = [budgets.name, mode, front, fault].join("_").replaceAll(" ", "-");
  const { consumer } = await loadWithoutFailure(gate, `${id}_at`, 1);
  await expect.poll(() => gate.charged(consumer), PATIENCE).toBe(COST);
  return { ...patient, id, consumer, unsure: await unsureOf(gate) };
}

/** Counters are right, but for what is allowed to be lost, and all that follows counts. */
async function expectRecovery(one: Case, fault: Fault): Promise<void> {
  const { budgets, mode, gate, id, consumer } = one;
  const inRedis = () => gate.charged(consumer);
  await loadWithoutFailure(gate, `${id}_after`, REQUESTS);
  const served = model.tokens(consumer);
  if (mode === "open" && (fault.arrives || (fault.putsOff && budgets === QUOTA))) {
    // Webdis loses the commands by which it learns that Redis is another one.
    const { timeouts, broken } = await unsureOf(gate);
    const lost = timeouts - one.unsure.timeouts + (fault.arrives ? 0 : broken - one.unsure.broken);
    const most = COST * lost;
    const missing = async () => served - (await inRedis());
    await expect.poll(missing, PATIENCE).toBeLessThanOrEqual(most);
  }
  const found = await inRedis();
  if (mode === "closed") expect(found).toBe(COST);
  expect(found % COST).toBe(0);
  expect(found).toBeGreaterThanOrEqual(COST);
  expect(found).toBeLessThanOrEqual(served);

  // From here on nothing is lost.
  const requests = budgetOf(mode) === PLENTY ? REQUESTS : 2;
  const exact = await loadWithoutFailure(gate, `${id}_exact`, requests);
  expect(exact.statuses).toEqual(Array(requests).fill(200));
  await expect.poll(() => gate.charged(exact.consumer), PATIENCE).toBe(requests * COST);
}

/** Commands of which nobody knows whether they were carried out. */
async function unsureOf(gate: Troubled): Promise<Case["unsure"]> {
  return { timeouts: await gate.errors("timeout"), broken: await gate.errors("connection") };
}

/** Every request gets what the fail mode says, until the fault has shown as what it is. */
async function expectAnswers(one: Case, reason: string | undefined): Promise<void> {
  const { gate, budgets, mode, consumer } = one;
  const call = gate.callOf(consumer);
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

/** Both plugins before each front of a list, in one gateway per front; they go from fault to fault. */
function testFaults(mode: Mode, fronts: readonly Front[], faults: string[]): void {
  describe(`fail_mode ${mode}`, () => {
    const patients: Patient[] = [];
    beforeAll(async () => {
      const starts = fronts.map(async (front) => {
        const store = { dialect: dialectOf(front), port: lines[front].port, redis };
        const options = { mode, store, model, budget: budgetOf(mode), ...LOAD };
        const gates = await Troubled.startAll(options, PLUGINS);
        gates.forEach((gate, i) => patients.push({ budgets: PLUGINS[i]!, mode, front, gate }));
      });
      await Promise.all(starts);
    }, LIMIT_MS);
    afterAll(async () => {
      for (const { gate } of patients) await gate.stop();
    });

    test.each(faults)("%s", (fault) => drill(patients, fault), LIMIT_MS);
  });
}

const PLUGINS = [LIMIT, QUOTA];

describe.each(MODES)("a store in trouble", (mode) => {
  testFaults(mode, ["upstash", "webdis"], Object.keys(FAULTS));
});

describe.skipIf(!hasWebdis).each(MODES)(`a store in trouble behind ${WEBDIS}`, (mode) => {
  const faults = Object.keys(FAULTS).filter((fault) => fault !== "a wrong token");
  testFaults(mode, ["real webdis"], faults);
});
