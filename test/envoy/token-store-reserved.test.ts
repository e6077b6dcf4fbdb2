import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { BrokenLine } from "../support/broken-line.js";
import { DurableRedis } from "../support/durable-redis.js";
import { RestRedis } from "../support/rest-redis.js";
import { LIMIT, PLENTY, QUOTA, type Budgets } from "./budgets.js";
import { Crowd } from "./crowd.js";
import { MeteredModel } from "./metered-model.js";
import { SteadyLoad } from "./steady-load.js";
import { COST, PATIENCE, Troubled } from "./troubled.js";

// Redis breaks in the middle of requests that have reserved something, or that are held against
// windows that slide: no budget is passed, no token that was served is lost, and what was reserved for
// nobody comes back where the store can tell.

const LIMIT_MS = 120_000;
/** How long the gateway waits for the store. */
const TIMEOUT_MS = 500;
const CLIENTS = 8;
/** Requests of a phase. */
const MANY = 60;
/** Runs dry before the drill ends. */
const BUDGET = 8_000;
/** Of a request that the store cannot judge. */
const CLOSED = 503;

let redis: DurableRedis;
let model: MeteredModel;
let front: RestRedis;
let line: BrokenLine;
let troubled: Troubled | null = null;

beforeAll(async () => {
  await buildPlugins([LIMIT.name, QUOTA.name], ["envoy"]);
  [model, redis] = await Promise.all([MeteredModel.start(), DurableRedis.start("drill-secret")]);
  front = await RestRedis.start(redis, "upstash");
  line = await BrokenLine.start(front.port);
}, LIMIT_MS);
afterAll(async () => {
  await line?.stop();
  front?.stop();
  await model?.stop();
  await redis?.stop();
});
afterEach(async () => {
  await troubled?.stop();
  troubled = null;
});

interface Fault {
  break: () => unknown;
  mend: () => unknown;
  /** It is over before it is noticed: no request finds the store away for sure. */
  isShort?: boolean;
}

const FAULTS: Record<string, Fault> = {
  killed: { break: () => redis.kill(), mend: () => redis.revive() },
  restarted: {
    break: async () => {
      await redis.kill();
      await redis.revive();
    },
    mend: () => undefined,
    isShort: true,
  },
  // What was sent runs all the same, long after the gateway has given up.
  "so slow that it answers too late": { break: () => redis.freeze(), mend: () => redis.thaw() },
  // Commands run, and their answers break off.
  "cut off": { break: () => line.become("cut"), mend: () => line.become("pass") },
};

interface Kind {
  budgets: Budgets;
  config: object;
  /** Takes an estimate before a request goes on. */
  reserves: boolean;
}

const EXACT = { enabled: true, bytes_per_token: 1 };
const limitReservation = { ...EXACT, read_body: true, allow_oversize: false };
const KINDS: Record<string, Kind> = {
  "token-rate-limit, reservation": {
    budgets: LIMIT,
    config: { reservation: limitReservation },
    reserves: true,
  },
  "token-rate-limit, reservation in a sliding window": {
    budgets: LIMIT,
    config: { reservation: limitReservation, algorithm: "sliding" },
    reserves: true,
  },
  "token-rate-limit, a sliding window": {
    budgets: LIMIT,
    config: { algorithm: "sliding" },
    reserves: false,
  },
  "token-quota, reservation": {
    budgets: QUOTA,
    config: {
      reservation: { ...EXACT, strict: true, default_completion_tokens: 5 },
      store_error_status: CLOSED,
    },
    reserves: true,
  },
};

/** Names of consumers are never the same twice: Redis keeps all of them. */
let drills = 0;

/** A gateway under load that goes through a fault. */
class Drill {
  readonly consumer: string;
  /** What one request reserves. */
  readonly estimate: number;

  private constructor(
    readonly kind: Kind,
    readonly gate: Troubled,
    readonly load: SteadyLoad,
  ) {
    this.consumer = load.call.consumer;
    this.estimate = kind.reserves ? Crowd.body(load.call).length + load.call.maxTokens : COST;
  }

  static async start(kind: Kind, mode: "open" | "closed", budget: number): Promise<Drill> {
    const { budgets, config } = kind;
    const store = { dialect: "upstash" as const, port: line.port, redis };
    const options = { budgets, mode, store, model, budget, config };
    troubled = await Troubled.start({ ...options, timeoutMs: TIMEOUT_MS, clients: CLIENTS });
    const call = troubled.callOf(`reserved_${drills++}`);
    return new Drill(kind, troubled, new SteadyLoad(troubled.crowd, call, "before"));
  }

  /** Requests go on while the store breaks, is away, and comes back. */
  async pass(fault: Fault): Promise<void> {
    const { load } = this;
    await load.more(MANY);
    load.phase = "falling";
    await fault.break();
    if (!fault.isShort) load.phase = "away";
    try {
      await load.more(4 * CLIENTS);
    } finally {
      load.phase = "rising";
      await fault.mend();
    }
    await expect.poll(() => this.failures(), PATIENCE).toBe(0);
    load.phase = "after";
  }

  /** Waits until the budget is used up. */
  async runDry(): Promise<void> {
    const { load, kind } = this;
    const isDry = async () => {
      await load.more(3 * CLIENTS);
      const last = load.answers.slice(-3 * CLIENTS);
      return last.every(({ status }) => status === kind.budgets.denied);
    };
    await expect.poll(isDry, { ...PATIENCE, timeout: LIMIT_MS / 2 }).toBe(true);
  }

  /** Waits until nothing is under way; both workers have had occasion to send again what was open. */
  async end(): Promise<void> {
    await this.load.stop();
    const probe = this.gate.callOf(`${this.consumer}_probe`);
    await this.gate.load(probe, 4 * CLIENTS);
    await expect.poll(() => this.gate.pending(), PATIENCE).toBe(0);
  }

  get served(): number {
    return model.tokens(this.consumer);
  }

  charged(): Promise<number> {
    return this.gate.charged(this.consumer);
  }

  /** By how much the store may be wrong: each command that failed is about one request. */
  async slack(): Promise<number> {
    return (await this.gate.errors()) * this.estimate;
  }

  /** Commands that fail while the load goes on. */
  private async failures(): Promise<number> {
    const before = await this.gate.errors();
    const aWhile = new Promise((over) => setTimeout(over, TIMEOUT_MS));
    await Promise.all([this.load.more(MANY), aWhile]);
    return (await this.gate.errors()) - before;
  }
}

const CASES = Object.keys(KINDS).flatMap((kind) =>
  Object.keys(FAULTS).map((fault) => [kind, fault] as const),
);

describe("Redis breaks, fail_mode closed", () => {
  test.each(CASES)(
    "%s: Redis is %s",
    async (name, faultName) => {
      const kind = KINDS[name]!;
      const fault = FAULTS[faultName]!;
      const drill = await Drill.start(kind, "closed", BUDGET);
      await drill.pass(fault);
      await drill.runDry();
      await drill.end();

      const { load, gate, served } = drill;
      const { denied } = kind.budgets;
      const all = new Set(load.answers.map(({ status }) => status));
      expect([...all].filter((status) => ![200, denied, CLOSED].includes(status))).toEqual([]);
      if (!fault.isShort) expect(load.statuses("away")).toEqual(new Set([CLOSED]));
      expect(gate.traps()).toEqual([]);

      const slack = await drill.slack();
      if (!kind.reserves) {
        // Who is there at once gets in, and a charge that failed is lost.
        const charged = await drill.charged();
        expect(served - charged).toBeLessThanOrEqual(slack + CLIENTS * COST);
        expect(charged).toBeLessThanOrEqual(served);
        expect(charged).toBeLessThanOrEqual(BUDGET + CLIENTS * COST);
        return;
      }
      // Not a token too much was served, and none of them is missing.
      expect(served).toBeLessThanOrEqual(BUDGET);
      if (kind.budgets === QUOTA) {
        await expect.poll(() => drill.charged(), PATIENCE).toBe(served);
        return;
      }
      const charged = await drill.charged();
      expect(charged).toBeGreaterThanOrEqual(served);
      expect(charged).toBeLessThanOrEqual(BUDGET);
      expect(charged - served).toBeLessThanOrEqual(slack);
    },
    LIMIT_MS,
  );
});

const RESERVING = CASES.filter(([kind]) => KINDS[kind]!.reserves);

describe("Redis breaks, fail_mode open", () => {
  test.each(RESERVING)(
    "%s: Redis is %s",
    async (name, faultName) => {
      const kind = KINDS[name]!;
      const drill = await Drill.start(kind, "open", PLENTY);
      await drill.pass(FAULTS[faultName]!);
      await drill.load.more(MANY);
      await drill.end();

      const { load, gate, served } = drill;
      expect(new Set(load.answers.map(({ status }) => status))).toEqual(new Set([200]));
      expect(gate.traps()).toEqual([]);
      if (kind.budgets === QUOTA) {
        await expect.poll(() => drill.charged(), PATIENCE).toBe(served);
        return;
      }
      // Of charges and reservations that broke on the way some ran, some did not.
      const charged = await drill.charged();
      expect(Math.abs(charged - served)).toBeLessThanOrEqual(await drill.slack());
    },
    LIMIT_MS,
  );
});
