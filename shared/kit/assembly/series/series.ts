import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { Counter } from "proxy-wasm-as";

/**
 * The metrics of one label set, each defined when it is first needed and kept while the VM lives:
 * gateways never forget one, and leak memory when one is defined again.
 */
export class Series {
  private readonly counters: StaticArray<Counter | null>;

  constructor(
    /** `route.….metric.`, in memory of its own. */
    private readonly prefix: Slice,
    /** What stands behind it. */
    private readonly names: string[],
  ) {
    this.counters = new StaticArray<Counter | null>(names.length);
  }

  /** Adds to the counter with the name at `metric`. Below one nothing is, and no counter made. */
  count(metric: i32, by: i64 = 1): void {
    if (by <= 0) return;
    let counter = this.counters[metric];
    if (counter === null) {
      counter = new Counter(this.name(metric));
      this.counters[metric] = counter;
    }
    counter.increment(by);
  }

  protected name(metric: i32): Slice {
    return new Builder(this.prefix.length + 32)
      .append(this.prefix)
      .appendText(this.names[metric])
      .view();
  }
}
