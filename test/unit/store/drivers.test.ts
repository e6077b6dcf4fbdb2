import { Random } from "proxy-wasm-test";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askRedis } from "../../support/ask-redis.js";
import { Model, type BalanceSpec, type BucketSpec, type Outcome } from "./model.js";
import { ask, DRIVERS, PASSWORD, Servers, START, type Reply } from "./stores.js";

// Each store against one model: whatever is asked in whatever order, all answer the same.

const HOUR = 3_600_000;
const STEPS = 300;
/** Seconds in which no reservation heals. */
const NEVER = 10 * 365 * 86_400;

let servers: Servers;
beforeAll(async () => {
  servers = await Servers.start();
});
afterAll(() => servers.stop());

/** The first is never there; those that are granted begin by themselves. */
const BALANCES: BalanceSpec[] = [0, 0, 0, 10, 35].map((grant, n) => ({ key: `{n}${n}`, grant }));

/** A question, and what the model answers. */
interface Step {
  question: Record<string, unknown>;
  answer: (model: Model) => Outcome;
}

/** Draws questions that meet each other: few keys, small limits. */
class Questions {
  private readonly open: string[] = [];
  private readonly held: string[] = [];
  private names = 0;

  constructor(
    private readonly random: Random,
    private readonly algorithms: BucketSpec["algorithm"][],
  ) {}

  next(): Step {
    const draw = this.random.below(10);
    return draw < 5 ? this.ofBuckets() : draw < 8 ? this.ofValues() : this.ofBalances();
  }

  private pick<T>(list: readonly T[]): T {
    return list[this.random.below(list.length)]!;
  }

  /** Different keys; an algorithm belongs to a key, as in a configuration. */
  private buckets(): BucketSpec[] {
    const first = this.random.below(6);
    return Array.from({ length: 1 + this.random.below(3) }, (_bucket, i) => {
      const n = (first + i) % 6;
      const algorithm = this.algorithms[n % this.algorithms.length]!;
      return { key: `{b}:/é ?+.${n}`, limit: this.pick([0, 10, 25, 40]), window: 3600, algorithm };
    });
  }

  private ofBuckets(): Step {
    const buckets = this.buckets();
    const tokens = this.pick([0, 1, 3, 8, 30]);
    switch (this.random.below(4)) {
      case 0:
        return { question: { op: "check", buckets }, answer: (model) => model.check(buckets) };
      case 1: {
        const unlimited = this.random.below(4) === 0;
        return {
          question: { op: "charge", buckets, tokens, unlimited },
          answer: (model) => model.charge(buckets, tokens, unlimited),
        };
      }
      case 2: {
        const as = `r${this.names++}`;
        const strict = this.random.below(2) === 0;
        this.open.push(as);
        return {
          question: { op: "reserve", as, buckets, tokens, strict },
          answer: (model) => model.reserve(as, buckets, tokens, strict),
        };
      }
      default:
        return this.settle();
    }
  }

  private settle(): Step {
    const as = this.open.splice(this.random.below(this.open.length || 1), 1)[0];
    if (as === undefined) return this.ofValues();
    const difference = this.pick([-30, -3, -1, 0, 2, 12]);
    return {
      question: { op: "settle", as, difference },
      answer: (model) => model.settle(as, difference),
    };
  }

  private ofValues(): Step {
    const key = this.pick(["v/1", "v ü", "q1", "q2"]);
    switch (this.random.below(4)) {
      case 0:
        return { question: { op: "get", key }, answer: (model) => model.get(key) };
      case 1: {
        const value = this.pick(["0", "17", "-3", "text", "9007199254740000", 'a"b\\/é+.json']);
        const nx = this.random.below(3) === 0;
        return {
          question: { op: "set", key, value, nx },
          answer: (model) => model.set(key, value, nx),
        };
      }
      case 2: {
        const amount = this.pick([1, 5, -7, 100]);
        return { question: { op: "add", key, amount }, answer: (model) => model.plus(key, amount) };
      }
      default:
        return { question: { op: "remove", key }, answer: (model) => model.remove(key) };
    }
  }

  private ofBalances(): Step {
    const as = this.held.splice(0, this.random.below(3))[0];
    const tokens = this.pick([0, 2, 9, 20]);
    if (as !== undefined) {
      return { question: { op: "spend", as, tokens }, answer: (model) => model.spend(as, tokens) };
    }
    if (this.random.below(3) === 0) return this.ofAdministrator();
    const name = `h${this.names++}`;
    const balances = this.pick([[1], [2], [1, 2], [1, 0], [3], [4], [4, 2], [2, 4], [3, 4]]).map(
      (n) => BALANCES[n]!,
    );
    const strict = this.random.below(2) === 0;
    this.held.push(name);
    return {
      question: { op: "take", as: name, balances, tokens, strict },
      answer: (model) => model.take(name, balances, tokens, strict),
    };
  }

  private ofAdministrator(): Step {
    const balance = this.pick(BALANCES.slice(1));
    const balances = [balance];
    const { key } = balance;
    if (this.random.below(3) === 0) {
      return { question: { op: "forget", balances }, answer: (model) => model.forget(key) };
    }
    const tokens = this.pick([0, 10, 50]);
    return {
      question: { op: "refill", balances, tokens },
      answer: (model) => model.refill(key, tokens),
    };
  }
}

/** A reply in the words of the model. */
function outcomeOf(reply: Reply): Outcome {
  if (reply.error !== undefined) return { failed: true };
  const outcome: Outcome = {};
  if (reply.null) outcome.null = true;
  if (reply.value !== undefined) outcome.value = reply.value;
  if (reply.denied !== undefined) outcome.denied = reply.denied;
  if (reply.states) outcome.states = reply.states.map(([limit, used]) => [limit!, used!]);
  return outcome;
}

const SEEDS = [1, 2, 3];
const CASES = DRIVERS.flatMap((driver) => SEEDS.map((seed) => [driver, seed] as const));

test.each(CASES)("%s answers as the model does (seed %i)", async (driver, seed) => {
  await askRedis(servers.redis.url, PASSWORD, ["flushall"]);
  // Fixed windows of Redis go by its own clock: they are left alone when the clock is moved.
  const moves = seed !== 1;
  const random = new Random(seed);
  const questions = new Questions(random, moves ? ["aligned", "sliding"] : ["fixed", "aligned"]);
  const model = new Model(START);
  await using host = await servers.open(driver, { trace: false });
  for (let i = 0; i < STEPS; i++) {
    if (moves && random.below(25) === 0) {
      const ms = [60_000, 20 * 60_000, HOUR, 2 * HOUR][random.below(4)]!;
      // Reservations of balances heal after 600 s: another test's matter.
      await host.clock.advance(ms);
      model.now += ms;
    }
    const { question, answer } = questions.next();
    const full = moves && question["op"] === "take" ? { ...question, heal: NEVER } : question;
    const outcome = answer(model);
    const got = outcomeOf(await ask(host, full));
    expect({ i, question, outcome: got }).toEqual({ i, question, outcome });
  }
});
