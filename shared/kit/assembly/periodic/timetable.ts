import { monotonicNs } from "proxy-wasm-as";
import { PluginLog } from "../log";
import { startTicks } from "./ticks";

/** How often a root with jobs is called, in milliseconds (host.md 5.10). */
const TICK_MS: i32 = 100;
/** What `due` answers when nothing is to be done. */
export const NO_JOB: i32 = -1;

/** What runs again and again, and when it last did. */
@final
class Job {
  hasRun: bool = false;
  lastNs: u64 = 0;

  constructor(
    readonly tag: i32,
    readonly periodNs: u64,
  ) {}
}

/**
 * What a root does every so often (host.md 5.10). Each worker has a root of its own, and does it, too;
 * a `Lease` chooses one of them.
 *
 *   override onTick(): void {
 *     for (let job = this.jobs.due(); job != NO_JOB; job = this.jobs.due()) {
 *       if (job == SWEEP) …
 */
@final
export class Timetable {
  private jobs: Job[] = [];
  private next: i32 = 0;
  private nowNs: u64 = 0;
  private isTicking: bool = false;

  /** Forgets all jobs: a configuration begins. */
  clear(): void {
    this.jobs = [];
    this.next = 0;
  }

  /** Adds a job, for the first tick and then every `periodMs`. @param tag 0 or more */
  every(tag: i32, periodMs: i32): void {
    this.jobs.push(new Job(tag, <u64>max(0, periodMs) * 1_000_000));
  }

  /**
   * Asks the host for ticks, or for none when there are no jobs. False: it refused, which is in the log,
   * and nothing will ever be due; refuse the configuration.
   */
  start(log: PluginLog): bool {
    const wanted = this.jobs.length > 0;
    if (!wanted && !this.isTicking) return true;
    this.isTicking = wanted;
    return startTicks(log, wanted ? TICK_MS : 0);
  }

  /** The tag of the next job of the running tick whose period is over, or `NO_JOB`. */
  due(): i32 {
    if (this.next == 0) this.nowNs = monotonicNs();
    while (this.next < this.jobs.length) {
      const job = this.jobs[this.next++];
      if (job.hasRun && this.nowNs - job.lastNs < job.periodNs) continue;
      job.hasRun = true;
      job.lastNs = this.nowNs;
      return job.tag;
    }
    this.next = 0;
    return NO_JOB;
  }
}
