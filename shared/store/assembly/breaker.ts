import { Gauge, monotonicNs } from "proxy-wasm-as";
import { StoreFailure } from "./reply";

/**
 * Leaves a store alone that does not answer again and again (`breaker`), so that requests do not each wait for
 * its timeout. One per configuration and worker.
 *
 *   closed ──`failures` in a row──► open ──`open_ms` later──► one try ──ok──► closed
 *                                    ▲                           │failed
 *                                    └───────────────────────────┘
 */
@final
export class Breaker {
  private inARow: i32 = 0;
  /** 0 while closed. */
  private openUntilNs: u64 = 0;

  constructor(
    private readonly failures: i32,
    private readonly openMs: i64,
    /** 1 while the breaker that changed last is open. */
    private readonly state: Gauge,
  ) {
    state.set(0);
  }

  /** True when a command may be sent. While open, one try is let through per `open_ms`. */
  lets(): bool {
    if (this.openUntilNs == 0) return true;
    const now = monotonicNs();
    if (now < this.openUntilNs) return false;
    // The others wait for the outcome of this one.
    this.openUntilNs = now + <u64>this.openMs * 1000000;
    return true;
  }

  /** An error that the store itself answers is quick, and other keys may be fine: no reason to open. */
  note(outcome: StoreFailure): void {
    if (outcome == StoreFailure.None || outcome == StoreFailure.Reply) this.answered();
    else this.failed();
  }

  private answered(): void {
    this.inARow = 0;
    if (this.openUntilNs == 0) return;
    this.openUntilNs = 0;
    this.state.set(0);
  }

  private failed(): void {
    if (++this.inARow < this.failures) return;
    if (this.openUntilNs == 0) this.state.set(1);
    this.openUntilNs = monotonicNs() + <u64>this.openMs * 1000000;
  }
}
