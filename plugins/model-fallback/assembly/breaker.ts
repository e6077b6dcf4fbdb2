import { decimal, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { PluginLog } from "@ai-gateway-wasm/kit";
import { getSharedData, ONLY_IF_ABSENT, setSharedData, Status } from "proxy-wasm-as";
import { BreakerOptions, MILLION } from "./breaker-options";
import { BreakerRecord, BreakerState } from "./breaker-record";
import { nowMs } from "./clock";
import { TargetMetrics } from "./metrics";

/** Nothing is waited for: after so many lost races an update is dropped. */
const TRIES: i32 = 8;
const MOST_BACKOFF: i32 = 20;

/** The target is well, and may be asked. Other answers of `admit`: `NOT_ADMITTED`, or a probe's term. */
export const ADMITTED: i64 = 0;
export const NOT_ADMITTED: i64 = -1;

/** What an update is about. */
const enum Event {
  Admit,
  Success,
  Failure,
  GiveBack,
}

/**
 * The breaker of one target in one chain, shared by all workers of the gateway:
 *
 *            failures                    time                 successes of probes
 *   closed ───────────► open ───────────────────► half-open ─────────────────────► closed
 *                         ▲      a probe failed       │
 *                         └──────(twice as long)──────┘
 */
@final
export class Breaker {
  /** Until when the probes of now run. */
  private term: i64 = 0;

  constructor(
    private readonly options: BreakerOptions,
    /** Of shared data. */
    private readonly key: Slice,
    /** `<chain>/<target>`, for the log. */
    private readonly label: string,
    private readonly metrics: TargetMetrics,
    private readonly log: PluginLog,
  ) {
    // A gauge outlives the configuration whose breaker set it.
    const stored = getSharedData(key);
    metrics.breakerState.set(
      <u64>BreakerRecord.parse(stored === null ? NO_BYTES : stored.data).state,
    );
  }

  /**
   * Whether the target may be asked now. While it is well this only reads.
   *
   * @returns above 0: to see whether it is well again; tell `giveBack` when the request is over
   */
  admit(): i64 {
    const stored = getSharedData(this.key);
    if (stored === null) return ADMITTED;
    if (stored.data.at(0) == <i32>BreakerState.Closed) return ADMITTED;
    return this.update(Event.Admit, 0, true) ? this.term : NOT_ADMITTED;
  }

  /**
   * An attempt has succeeded.
   *
   * @param isLater others have failed before it: Envoy's router asks without an admission
   */
  succeed(isProbe: bool, isLater: bool): void {
    if (isProbe || this.options.countsSuccesses || (isLater && this.isOpen))
      this.update(Event.Success, 0, isProbe);
  }

  /**
   * An attempt has failed.
   *
   * @param isProbe it was let through to see whether the target is well again
   * @param status 0: there was no answer
   * @param retryAfterMs what the target asked for, 0: nothing
   */
  fail(isProbe: bool, status: i32, retryAfterMs: i64): void {
    // A body may make a good status a failure; of bad ones those count that are said to.
    if (status >= 400 && !this.options.countStatus.has(status)) return;
    const mayWait = this.options.honorsRetryAfter && (status == 429 || status == 503);
    const isShort = retryAfterMs <= this.options.maxOpenSeconds * 1000;
    this.update(Event.Failure, mayWait && isShort ? retryAfterMs : 0, isProbe);
  }

  /** A request that was let through as probe is over, whatever became of it. @param term as admitted */
  giveBack(term: i64): void {
    this.update(Event.GiveBack, term, true);
  }

  private get isOpen(): bool {
    const stored = getSharedData(this.key);
    return stored !== null && stored.data.at(0) == <i32>BreakerState.Open;
  }

  /** @param waitMs for `GiveBack`: its term @returns for `Admit`: the request may pass */
  private update(event: Event, waitMs: i64, isProbe: bool): bool {
    const now = nowMs();
    for (let i = 0; i < TRIES; i++) {
      const stored = getSharedData(this.key);
      const record = BreakerRecord.parse(stored === null ? NO_BYTES : stored.data);
      const before = record.state;
      const failures = record.allFailures;
      // What is no probe began before it opened, and says nothing of now.
      if (!isProbe && before == BreakerState.HalfOpen) return false;
      const passes = this.change(record, event, now, waitMs);
      if (!passes) return false;
      const cas = stored === null ? ONLY_IF_ABSENT : stored.cas;
      if (setSharedData(this.key, record.toSlice(), cas) == Status.CasMismatch) continue;
      if (record.state != before) this.tell(record.state, failures + 1);
      return passes;
    }
    return false;
  }

  private change(record: BreakerRecord, event: Event, now: i64, waitMs: i64): bool {
    switch (event) {
      case Event.Admit:
        return this.letIn(record, now);
      case Event.Success:
        this.noteSuccess(record, now);
        return true;
      case Event.Failure:
        this.noteFailure(record, now, waitMs);
        return true;
      default:
        // Later probes are none of its business: its own failed, or was taken for lost.
        if (record.untilMs != waitMs || record.probes == 0) return false;
        record.probes--;
        return true;
    }
  }

  private letIn(record: BreakerRecord, now: i64): bool {
    if (record.state == BreakerState.Closed) {
      this.term = ADMITTED;
      return true;
    }
    const isDue = now >= record.untilMs;
    if (record.state == BreakerState.Open) {
      if (!isDue) return false;
      record.enter(BreakerState.HalfOpen, now, now + this.options.probeMs);
    } else if (isDue) {
      record.probes = 0; // nobody gave them back: their worker is gone
      record.untilMs = now + this.options.probeMs;
    }
    if (<i64>record.probes >= this.options.halfOpenProbes) return false;
    record.probes++;
    this.term = record.untilMs;
    return true;
  }

  private noteSuccess(record: BreakerRecord, now: i64): void {
    if (record.state == BreakerState.Open && now < record.untilMs) return; // it began before
    if (record.state == BreakerState.Closed) record.slide(now, this.options.windowSeconds * 1000);
    record.successes++;
    if (record.state != BreakerState.Closed && record.successes >= this.options.closeAfter) {
      record.enter(BreakerState.Closed, now, 0);
      record.backoff = 0;
    }
  }

  private noteFailure(record: BreakerRecord, now: i64, waitMs: i64): void {
    if (record.state == BreakerState.Open) {
      record.successes = 0;
      return;
    }
    if (record.state == BreakerState.HalfOpen) {
      record.backoff = min(record.backoff + 1, MOST_BACKOFF);
      this.open(record, now, waitMs);
      return;
    }
    record.slide(now, this.options.windowSeconds * 1000);
    record.failures++;
    if (waitMs > 0 || this.isTooMuch(record)) this.open(record, now, waitMs);
  }

  private isTooMuch(record: BreakerRecord): bool {
    const options = this.options;
    const failures = record.allFailures;
    if (failures < options.failures) return false;
    if (options.ratio == 0) return true;
    const all = failures + record.allSuccesses;
    return all >= options.minRequests && failures * MILLION >= options.ratio * all;
  }

  private open(record: BreakerRecord, now: i64, waitMs: i64): void {
    const openMs = (this.options.openSeconds * 1000) << record.backoff;
    const forMs = waitMs > 0 ? waitMs : min(openMs, this.options.maxOpenSeconds * 1000);
    record.enter(BreakerState.Open, now, now + forMs);
  }

  private tell(state: BreakerState, failures: i64): void {
    this.metrics.breakerState.set(<u64>state);
    if (state == BreakerState.Open) {
      this.metrics.breakerOpened.increment();
      const seconds = decimal(this.options.windowSeconds);
      this.log.warn(
        "breaker open: " + this.label + " (" + decimal(failures) + " failures in " + seconds + "s)",
      );
    } else if (state == BreakerState.Closed) {
      this.log.warn("breaker closed: " + this.label);
    }
  }
}
