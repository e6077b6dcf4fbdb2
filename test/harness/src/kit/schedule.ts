import type { ClientResponse, HostOptions } from "../types.js";
import { HeldClusters } from "./held.js";
import { createHost, type Host } from "./host.js";
import { recentHosts } from "./open-hosts.js";
import { Random } from "./random.js";
import { ScheduleRun, type Move, type ScheduledRequest } from "./schedule-run.js";
import { shrink } from "./shrink.js";

/** Requests that are under way at the same time, and what must be true whatever comes first. */
export interface ScheduleScenario {
  /** Called for every run, because clusters remember. */
  host: () => HostOptions;
  /** Runs on every new host before the first request, while answers still come by themselves. */
  prepare?: (host: Host) => unknown;
  requests: readonly ScheduledRequest[];
  /** Called when nothing is left to happen; throws what is wrong. Null: that client left. */
  check?: (host: Host, answers: readonly (ClientResponse | null)[]) => unknown;
}

/** Names of moves in order; one that cannot happen is passed over, then all goes on in order. */
export type Schedule = readonly string[];

export interface ScheduleOptions {
  /** Default 200, the first one in order. */
  runs?: number;
  seed?: number;
  /** Milliseconds of real time after which no further schedule is tried; default none. */
  budgetMs?: number;
  /** False: clients stay until they have their answer. Default true. */
  leaves?: boolean;
  /** Only this schedule, as a `ScheduleFailure` names it. */
  replay?: Schedule;
}

export interface ScheduleReport {
  runs: number;
  /** Schedules that differed. */
  orders: number;
  /** False when the time was up before all runs were made. */
  complete: boolean;
}

/** The shortest schedule under which a scenario fails. */
export class ScheduleFailure extends Error {
  constructor(
    readonly schedule: Schedule,
    readonly seed: number,
    readonly problem: string,
    readonly trace: string,
  ) {
    super(
      `a schedule fails: ${problem}\n` +
        `  schedule: ${schedule.join(" | ") || "as it comes"}\n` +
        `  replay: ${JSON.stringify({ seed, replay: schedule })}\n` +
        `  trace:\n${trace}`,
    );
    this.name = "ScheduleFailure";
  }
}

const TRAPPED = /^Function: \S+ failed: Uncaught/;
/** One move in so many is a client that leaves, or time that passes. */
const SELDOM = 10;

/**
 * Runs requests side by side, again and again, with what happens next left to chance: which client
 * sends its next chunk, which call-out or upstream answers, who goes away, what times out
 * (harness.md §8.5). A trap, a request without an answer, a broken rule and whatever `check` throws
 * is a failure.
 *
 * @throws ScheduleFailure for the shortest schedule found
 */
export async function fuzzSchedule(
  scenario: ScheduleScenario,
  options: ScheduleOptions = {},
): Promise<ScheduleReport> {
  return new ScheduleFuzz(scenario, options).run();
}

/** Null: no wish. */
type Choose = (moves: readonly Move[]) => Move | null;

class ScheduleFuzz {
  private readonly seed: number;

  constructor(
    private readonly scenario: ScheduleScenario,
    private readonly options: ScheduleOptions,
  ) {
    this.seed = options.seed ?? 1;
  }

  async run(): Promise<ScheduleReport> {
    const { runs = 200, budgetMs = Infinity, replay } = this.options;
    if (replay) {
      await this.replay(replay);
      return { runs: 1, orders: 1, complete: true };
    }
    const end = performance.now() + budgetMs;
    const random = new Random(this.seed);
    const orders = new Set<string>();
    for (let done = 0; done < runs; done++) {
      if (performance.now() > end) return { runs: done, orders: orders.size, complete: false };
      const schedule: string[] = [];
      const choose: Choose = done === 0 ? () => null : this.byChance(random, schedule);
      if ((await this.attempt(choose)).problem !== null) await this.report(schedule);
      orders.add(schedule.join("|"));
    }
    return { runs, orders: orders.size, complete: true };
  }

  /** Chooses by chance and notes what it chose. */
  private byChance(random: Random, schedule: string[]): Choose {
    const { leaves = true } = this.options;
    return (moves) => {
      const of = (kind: Move["kind"]) => moves.filter((move) => move.kind === kind);
      const seldom = [leaves ? "leave" : "go", "wait"] as const;
      const wanted = of(seldom[random.below(SELDOM)] ?? "go");
      const pool = [wanted, of("go"), of("wait")].find(({ length }) => length > 0) ?? [];
      const chosen = pool[random.below(pool.length || 1)] ?? null;
      if (chosen) schedule.push(chosen.name);
      return chosen;
    };
  }

  private async report(found: Schedule): Promise<never> {
    const fails = async (schedule: Schedule) =>
      (await this.attempt(following(schedule))).problem !== null;
    const schedule = await shrink(found, fails);
    const { problem, trace } = await this.attempt(following(schedule), true);
    throw new ScheduleFailure(schedule, this.seed, problem ?? "not this time", trace);
  }

  private async replay(schedule: Schedule): Promise<void> {
    const { problem, trace } = await this.attempt(following(schedule), true);
    if (problem !== null) throw new ScheduleFailure(schedule, this.seed, problem, trace);
  }

  /** One run on a host of its own. */
  private async attempt(
    choose: Choose,
    trace = false,
  ): Promise<{ problem: string | null; trace: string }> {
    const { scenario, seed } = this;
    const held = new HeldClusters();
    const options = scenario.host();
    const clusters = held.hold(options.clusters ?? {});
    const host = await createHost({ seed, lifecycle: "single", trace, ...options, clusters });
    try {
      await scenario.prepare?.(host);
      host.trace?.clear();
      held.holding = true;
      const run = new ScheduleRun(host, held, scenario.requests);
      const problem = await problemOf(async () => {
        await run.play(choose);
        held.holding = false;
        complain(host, run);
        await scenario.check?.(host, run.answers);
      });
      return { problem, trace: host.trace?.toSnapshot() ?? "" };
    } finally {
      held.holding = false;
      await host.close();
      // Its violations were looked at; thousands of hosts must not wait for the check.
      recentHosts.delete(host);
    }
  }
}

async function problemOf(act: () => Promise<void>): Promise<string | null> {
  try {
    await act();
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** @throws Error for what no plugin may do, in whatever order things happen */
function complain(host: Host, run: ScheduleRun): void {
  const trap = host.logs.find(({ text }) => TRAPPED.test(text));
  if (trap) throw new Error(trap.text);
  const { waiting } = run;
  if (waiting.length > 0) throw new Error(`never answered: ${waiting.join(", ")}`);
  const violations = host.describeViolations();
  if (violations !== "") throw new Error(violations);
}

/** Chooses what a schedule names, as far as it can happen. */
function following(schedule: Schedule): Choose {
  const left = [...schedule];
  return (moves) => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const move = moves.find((other) => other.name === name);
      if (move) return move;
    }
    return null;
  };
}
