import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Labels, RecentSeries, Series, SeriesTable } from "@ai-gateway-wasm/kit/series";
import { Counter, Histogram } from "proxy-wasm-as";
import { Metric, METRIC_NAMES } from "./metric";
import { admitSeries } from "./series-budget";

let overflows: Counter | null = null;

/** The metrics of one label set; histograms behind counters. */
@final
export class StatisticsSeries extends Series {
  private readonly histograms: StaticArray<Histogram | null> = new StaticArray<Histogram | null>(
    Metric.Count - Metric.FirstTokenMs,
  );

  record(metric: Metric, value: u64): void {
    const index = metric - Metric.FirstTokenMs;
    let histogram = this.histograms[index];
    if (histogram === null) {
      histogram = new Histogram(this.name(metric));
      this.histograms[index] = histogram;
    }
    histogram.record(value);
  }
}

/** The series of the VM, with a limit that may be that of all workers together. */
@final
class StatisticsTable extends SeriesTable {
  /** The limit is for all workers together, and not for each. */
  isShared: bool = false;

  constructor() {
    super(METRIC_NAMES);
  }

  protected override admits(most: i32): bool {
    return this.isShared ? admitSeries(this.name, most) : super.admits(most);
  }

  protected override open(prefix: Slice): Series {
    return new StatisticsSeries(prefix, this.names);
  }

  protected override noteOverflow(): void {
    let counter = overflows;
    if (counter === null) {
      counter = new Counter(bytes("ai_stat_series_overflow_count"));
      overflows = counter;
    }
    counter.increment();
  }
}

const table: StatisticsTable = new StatisticsTable();
const recent: RecentSeries = new RecentSeries(table);

/** The series of these labels. @param isShared `most` is for all workers together, and not for each */
export function seriesOf(labels: Labels, most: i32, isShared: bool): StatisticsSeries {
  table.isShared = isShared;
  return recent.of(labels, most) as StatisticsSeries;
}
