import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { Counter, Gauge } from "proxy-wasm-as";
import { StoreFailure } from "./reply";

/** First those of failures, by `StoreFailure`. */
const NAMES: string[] = [
  "errors_dispatch",
  "errors_connection",
  "errors_timeout",
  "errors_reply",
  "errors_open",
  "errors_contention",
  "evictions",
  "debts_lost",
];
const EVICTIONS: i32 = StoreFailure.Contention;
const DEBTS: i32 = EVICTIONS + 1;

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
  /** By name; null: nothing was counted yet. */
  private readonly counters: StaticArray<Counter | null> = new StaticArray<Counter | null>(
    DEBTS + 1,
  );

  constructor(
    /** Plugin name as metrics spell it: `token_rate_limit`. */
    private readonly prefix: Slice,
  ) {}

  countFailure(reason: StoreFailure): void {
    this.count(reason - 1, 1);
  }

  /** Entries that had to go before their time, because a slot of shared data was full. */
  countEvictions(count: i32): void {
    this.count(EVICTIONS, count);
  }

  /** A change that nobody will ask for again, though it was not done or nobody knows; see `Debts`. */
  countLostDebt(): void {
    this.count(DEBTS, 1);
  }

  breakerState(): Gauge {
    return new Gauge(this.name("breaker_open"));
  }

  private count(index: i32, by: i64): void {
    let counter = this.counters[index];
    if (counter === null) {
      counter = new Counter(this.name(NAMES[index]));
      this.counters[index] = counter;
    }
    counter.increment(by);
  }

  private name(suffix: string): Slice {
    return new Builder().append(this.prefix).appendText("_store_").appendText(suffix).view();
  }
}
