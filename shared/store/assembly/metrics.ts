import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { Counter, Gauge } from "proxy-wasm-as";
import { StoreFailure } from "./reply";

/**
 * Counters of one plugin's stores; its configurations and workers share them. Defined when first
 * needed, so that a healthy gateway shows none of them:
 *
 *   <plugin>_store_errors_{dispatch,connection,timeout,reply,open,contention}
 *   <plugin>_store_breaker_open
 *   <plugin>_store_evictions
 *   <plugin>_store_debts_lost
 */
@final
export class StoreMetrics {
  private readonly failures: StaticArray<Counter | null> = new StaticArray<Counter | null>(
    StoreFailure.Contention + 1,
  );
  private evictions: Counter | null = null;
  private lostDebts: Counter | null = null;

  constructor(
    /** Plugin name as metrics spell it: `token_rate_limit`. */
    private readonly prefix: Slice,
  ) {}

  countFailure(reason: StoreFailure): void {
    let counter = this.failures[reason];
    if (counter === null) {
      counter = new Counter(this.name("_store_errors_" + reasonName(reason)));
      this.failures[reason] = counter;
    }
    counter.increment();
  }

  /** Entries that had to go before their time, because a slot of shared data was full. */
  countEvictions(count: i32): void {
    let counter = this.evictions;
    if (counter === null) {
      counter = new Counter(this.name("_store_evictions"));
      this.evictions = counter;
    }
    counter.increment(count);
  }

  /** A change that nobody will ask for again, though it was not done or nobody knows; see `Debts`. */
  countLostDebt(): void {
    let counter = this.lostDebts;
    if (counter === null) {
      counter = new Counter(this.name("_store_debts_lost"));
      this.lostDebts = counter;
    }
    counter.increment();
  }

  breakerState(): Gauge {
    return new Gauge(this.name("_store_breaker_open"));
  }

  private name(suffix: string): Slice {
    return new Builder().append(this.prefix).appendText(suffix).view();
  }
}

function reasonName(reason: StoreFailure): string {
  switch (reason) {
    case StoreFailure.Dispatch:
      return "dispatch";
    case StoreFailure.Connection:
      return "connection";
    case StoreFailure.Timeout:
      return "timeout";
    case StoreFailure.Open:
      return "open";
    case StoreFailure.Contention:
      return "contention";
    default:
      return "reply";
  }
}
