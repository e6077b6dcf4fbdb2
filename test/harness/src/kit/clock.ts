import type { Scheduler, Timer } from "../engine/environment.js";
import type { FakeClock } from "../types.js";

interface Entry extends Timer {
  due: number;
  seq: number;
  fn: () => void;
  background: boolean;
}

/** How long the fake clock waits for real I/O (live upstream, real Redis) before it moves on. */
const IO_PATIENCE_MS = 2000;

/** Time that only moves when a test says so, and the event queue that goes with it. */
export class FakeScheduler implements Scheduler, FakeClock {
  private passed = 0;
  /** Receives what a posted event throws outside any API call. */
  onFault: (error: unknown) => void = (error) => {
    throw error;
  };
  /** Called when everything that can run without time passing has run. */
  onRest: () => void = () => undefined;
  private wallOffset: number;
  private monotonicOffset = 1_000_000_000n;
  private posts: (() => void)[] = [];
  private urgent: (() => void)[] = [];
  private timers: Entry[] = [];
  private seq = 0;
  private io = 0;
  private ioWaiters: (() => void)[] = [];
  private draining = false;
  private scheduled = false;

  constructor(startTime: number) {
    this.wallOffset = startTime;
  }

  /** Milliseconds since the host started. */
  get elapsed(): number {
    return this.passed;
  }
  get now(): number {
    return this.wallOffset + this.elapsed;
  }
  set now(ms: number) {
    this.wallOffset = ms - this.elapsed;
  }
  get monotonic(): bigint {
    return this.monotonicOffset + BigInt(Math.round(this.elapsed * 1e6));
  }
  set monotonic(ns: bigint) {
    this.monotonicOffset = ns - BigInt(Math.round(this.elapsed * 1e6));
  }
  wallMs(): number {
    return this.now;
  }
  wallNs(): bigint {
    // Nanoseconds since 1970 are more than a number holds exactly.
    const ms = Math.floor(this.now);
    return BigInt(ms) * 1_000_000n + BigInt(Math.round((this.now - ms) * 1e6));
  }
  monotonicNs(): bigint {
    return this.monotonic;
  }

  post(fn: () => void): void {
    this.posts.push(fn);
    this.wake();
  }

  /** As `post`, but before everything that waits already: what a test lets happen at this point. */
  interject(fn: () => void): void {
    this.urgent.push(fn);
    this.wake();
  }

  private wake(): void {
    if (this.draining || this.scheduled) return;
    this.scheduled = true;
    queueMicrotask(() => {
      this.scheduled = false;
      try {
        this.drain();
        this.onRest();
      } catch (error) {
        this.onFault(error);
      }
    });
  }

  timer(ms: number, fn: () => void, background = false): Timer {
    const entry: Entry = {
      due: this.elapsed + Math.max(0, ms),
      seq: this.seq++,
      fn,
      background,
      cancel: () => {
        const at = this.timers.indexOf(entry);
        if (at >= 0) this.timers.splice(at, 1);
      },
    };
    let at = this.timers.length;
    while (at > 0 && this.timers[at - 1]!.due > entry.due) at--;
    this.timers.splice(at, 0, entry);
    return entry;
  }

  busy(): () => void {
    this.io++;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.io--;
      for (const wake of this.ioWaiters.splice(0)) wake();
    };
  }

  /** Runs what was interjected, between two events that come at once. */
  pause(): void {
    if (this.draining) return;
    for (let fn = this.urgent.shift(); fn; fn = this.urgent.shift()) fn();
  }

  /** Runs posted events until none is left. */
  drain(): void {
    if (this.draining) return;
    this.draining = true;
    try {
      const next = () => this.urgent.shift() ?? this.posts.shift();
      for (let fn = next(); fn; fn = next()) fn();
    } finally {
      this.draining = false;
    }
  }

  /** Nothing posted, no timer (ticks aside), no real I/O. */
  get idle(): boolean {
    return this.posts.length === 0 && this.io === 0 && !this.timers.some((t) => !t.background);
  }

  get ticking(): boolean {
    return this.timers.length > 0;
  }

  /** Lets real I/O and promises finish before time moves. */
  async settleIo(): Promise<void> {
    this.drain();
    const limit = performance.now() + IO_PATIENCE_MS;
    while (this.io > 0 && performance.now() < limit) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, Math.max(1, limit - performance.now()));
        this.ioWaiters.push(() => {
          clearTimeout(late);
          resolve();
        });
      });
      this.drain();
    }
    // A turn of the event loop, so that handlers with a few awaits are not overtaken by time.
    await new Promise((resolve) => setImmediate(resolve));
    this.drain();
    this.onRest();
  }

  private async runNext(limit: number): Promise<boolean> {
    await this.settleIo();
    const next = this.timers[0];
    if (!next || next.due > limit) return false;
    this.timers.shift();
    this.passed = Math.max(this.elapsed, next.due);
    next.fn();
    this.drain();
    return true;
  }

  async advance(ms: number): Promise<void> {
    const target = this.elapsed + ms;
    while (await this.runNext(target));
    this.passed = target;
    await this.settleIo();
  }

  async runToIdle(maxMs = 60_000): Promise<void> {
    await this.advanceUntil(() => this.idle, maxMs);
  }

  /** Runs timers one by one until `done` or `maxMs` is used up. */
  async advanceUntil(done: () => boolean, maxMs: number): Promise<void> {
    const limit = this.elapsed + maxMs;
    await this.settleIo();
    while (!done() && (await this.runNext(limit)));
  }
}

/** The real clock behind the same interface; `advance` is refused. */
export class RealScheduler extends FakeScheduler {
  private origin = performance.now();
  /** Timers under way, and whether each is a tick. */
  private running = new Map<NodeJS.Timeout, boolean>();

  override get elapsed(): number {
    return performance.now() - this.origin;
  }
  override get now(): number {
    return Date.now();
  }
  override set now(_ms: number) {
    throw new TypeError("the real clock cannot be set");
  }
  override get monotonic(): bigint {
    return process.hrtime.bigint();
  }
  override set monotonic(_ns: bigint) {
    throw new TypeError("the real clock cannot be set");
  }

  override timer(ms: number, fn: () => void, background = false): Timer {
    const handle = setTimeout(() => {
      this.running.delete(handle);
      this.post(fn);
    }, ms);
    this.running.set(handle, background);
    return {
      cancel: () => {
        this.running.delete(handle);
        clearTimeout(handle);
      },
    };
  }

  override get idle(): boolean {
    return super.idle && ![...this.running.values()].includes(false);
  }
  override get ticking(): boolean {
    return this.running.size > 0;
  }

  override advance(): Promise<void> {
    throw new TypeError("the real clock cannot be advanced; use clock: 'fake'");
  }
  override async advanceUntil(done: () => boolean, maxMs: number): Promise<void> {
    const limit = performance.now() + maxMs;
    while (!done() && performance.now() < limit) await new Promise((wake) => setTimeout(wake, 1));
  }
}
