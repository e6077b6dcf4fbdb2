import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Labels, Series, SeriesTable } from "@ai-gateway-wasm/kit/series";
import { Counter } from "proxy-wasm-as";
import { Metric, METRIC_NAMES } from "./metric";
import { admitSeries } from "./series-budget";

let overflows: Counter | null = null;

/** The series of the VM, with a limit that may be that of all workers together. */
@final
class StatisticsSeries extends SeriesTable {
  /** The limit is for all workers together, and not for each. */
  isShared: bool = false;

  constructor() {
    super(METRIC_NAMES, Metric.FirstTokenMs);
  }

  protected override admits(name: Slice, most: i32): bool {
    return this.isShared ? admitSeries(name, most) : super.admits(name, most);
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

const table: StatisticsSeries = new StatisticsSeries();

/** The series of these labels. @param isShared `most` is for all workers together, and not for each */
export function seriesOf(labels: Labels, most: i32, isShared: bool): Series {
  table.isShared = isShared;
  return table.of(labels, most);
}
