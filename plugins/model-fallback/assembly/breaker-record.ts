import { Builder, Slice } from "@ai-gateway-wasm/bytes";

export const enum BreakerState {
  Closed,
  Open,
  HalfOpen,
}

const SIZE: i32 = 36;

/**
 * What is known of one target in one chain, as all workers see it (little endian):
 *
 *   0      1         2            4            8            12           16           20        28
 *   state │ backoff │ probes u16 │ failures A │ success A │ failures B │ success B │ A since │ until │
 *
 * A is the half of the window that runs, B the one before. `until` is when an open breaker becomes
 * half-open, and when probes of a half-open one are taken for lost.
 */
@final
export class BreakerRecord {
  state: BreakerState = BreakerState.Closed;
  /** How often in a row probes have failed. */
  backoff: i32 = 0;
  /** Probes under way. */
  probes: i32 = 0;
  failures: i64 = 0;
  successes: i64 = 0;
  olderFailures: i64 = 0;
  olderSuccesses: i64 = 0;
  sinceMs: i64 = 0;
  untilMs: i64 = 0;

  /** What is stored; a fresh record for something else. */
  static parse(data: Slice): BreakerRecord {
    const record = new BreakerRecord();
    if (data.length != SIZE || data.at(0) > BreakerState.HalfOpen) return record;
    record.state = <BreakerState>data.at(0);
    record.backoff = data.at(1);
    record.probes = <i32>number(data, 2, 2);
    record.failures = number(data, 4, 4);
    record.successes = number(data, 8, 4);
    record.olderFailures = number(data, 12, 4);
    record.olderSuccesses = number(data, 16, 4);
    record.sinceMs = number(data, 20, 8);
    record.untilMs = number(data, 28, 8);
    return record;
  }

  toSlice(): Slice {
    const out = new Builder(SIZE);
    append(out, this.state, 1);
    append(out, this.backoff, 1);
    append(out, this.probes, 2);
    append(out, this.failures, 4);
    append(out, this.successes, 4);
    append(out, this.olderFailures, 4);
    append(out, this.olderSuccesses, 4);
    append(out, this.sinceMs, 8);
    append(out, this.untilMs, 8);
    return out.view();
  }

  /** Failures in the window. */
  get allFailures(): i64 {
    return this.failures + this.olderFailures;
  }

  /** Successes in the window. */
  get allSuccesses(): i64 {
    return this.successes + this.olderSuccesses;
  }

  /** Moves the window on. */
  slide(nowMs: i64, windowMs: i64): void {
    const half = windowMs / 2;
    const age = nowMs - this.sinceMs;
    if (age < half && age >= 0) return;
    const isOld = age >= half * 2 || age < 0;
    this.olderFailures = isOld ? 0 : this.failures;
    this.olderSuccesses = isOld ? 0 : this.successes;
    this.sinceMs = isOld ? nowMs : this.sinceMs + half;
    this.failures = 0;
    this.successes = 0;
  }

  /** Changes the state; what was counted is of the past. */
  enter(state: BreakerState, nowMs: i64, untilMs: i64): void {
    this.state = state;
    this.probes = 0;
    this.failures = 0;
    this.successes = 0;
    this.olderFailures = 0;
    this.olderSuccesses = 0;
    this.sinceMs = nowMs;
    this.untilMs = untilMs;
  }
}

function number(data: Slice, at: i32, size: i32): i64 {
  let value: i64 = 0;
  for (let i = size - 1; i >= 0; i--) value = (value << 8) | (<i64>data.at(at + i));
  return value;
}

function append(out: Builder, value: i64, size: i32): void {
  for (let i = 0; i < size; i++) {
    out.appendByte(<u8>(value & 0xff));
    value >>= 8;
  }
}
