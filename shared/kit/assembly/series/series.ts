import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { Counter, Histogram } from "proxy-wasm-as";

/**
 * The metrics of one label set, each defined when it is first needed and kept while the VM lives:
 * gateways never forget one, and leak memory when one is defined again.
 */
@final
export class Series {
  private readonly counters: StaticArray<Counter | null>;
  private readonly histograms: StaticArray<Histogram | null>;

  constructor(
    /** `route.….metric.`, in memory of its own. */
    private readonly prefix: Slice,
    /** What stands behind it; counters first. */
    private readonly names: string[],
    /** Place of the first name that is a histogram's. */
    private readonly counterCount: i32,
  ) {
    this.counters = new StaticArray<Counter | null>(counterCount);
    this.histograms = new StaticArray<Histogram | null>(names.length - counterCount);
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

  /** Records in the histogram with the name at `metric`. */
  record(metric: i32, value: u64): void {
    const index = metric - this.counterCount;
    let histogram = this.histograms[index];
    if (histogram === null) {
      histogram = new Histogram(this.name(metric));
      this.histograms[index] = histogram;
    }
    histogram.record(value);
  }

  private name(metric: i32): Slice {
    return new Builder(this.prefix.length + 32)
      .append(this.prefix)
      .appendText(this.names[metric])
      .view();
  }
}
