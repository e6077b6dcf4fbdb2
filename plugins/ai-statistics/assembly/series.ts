import { Builder, bytes, BytesTable, Slice } from "@ai-gateway-wasm/bytes";
import { Counter, Histogram } from "proxy-wasm-as";
import { appendLabel } from "./label";
import { Metric, METRIC_NAMES } from "./metric";
import { NO_LABEL, OVERFLOW } from "./names";
import { admitSeries } from "./series-budget";

const ROUTE: Slice = bytes("route.");
const UPSTREAM: Slice = bytes(".upstream.");
const MODEL: Slice = bytes(".model.");
const CONSUMER: Slice = bytes(".consumer.");
const METRIC: Slice = bytes(".metric.");

/** The metrics of one label set, each defined when it is first needed and kept while the VM lives. */
@final
export class Series {
  private readonly counters: StaticArray<Counter | null> = new StaticArray<Counter | null>(
    Metric.FirstTokenMs,
  );
  private readonly histograms: StaticArray<Histogram | null> = new StaticArray<Histogram | null>(
    Metric.Count - Metric.FirstTokenMs,
  );

  constructor(
    /** `route.….metric.`, in memory of its own. */
    private readonly prefix: Slice,
  ) {}

  /** Nothing is counted, and no counter made, below one. */
  count(metric: Metric, by: i64 = 1): void {
    if (by <= 0) return;
    let counter = this.counters[metric];
    if (counter === null) {
      counter = new Counter(this.name(metric));
      this.counters[metric] = counter;
    }
    counter.increment(by);
  }

  record(metric: Metric, value: u64): void {
    const index = metric - Metric.FirstTokenMs;
    let histogram = this.histograms[index];
    if (histogram === null) {
      histogram = new Histogram(this.name(metric));
      this.histograms[index] = histogram;
    }
    histogram.record(value);
  }

  private name(metric: Metric): Slice {
    return new Builder(this.prefix.length + 32)
      .append(this.prefix)
      .appendText(METRIC_NAMES[metric])
      .view();
  }
}

/** Which series a request counts in. */
@final
export class Labels {
  constructor(
    readonly route: Slice,
    readonly cluster: Slice,
    readonly model: Slice,
    readonly consumer: Slice,
  ) {}
}

// Gateways keep metrics as long as they run, and so does this table: for all configurations of the
// VM. Names come from clients, but there are never many: a worst case of equal hashes is bounded.
let known: BytesTable<Series> | null = null;
let overflows: Counter | null = null;
const buffer: Builder = new Builder(256);

/**
 * The series of these labels. When there are `most` already, a new one is counted with the consumer
 * `_overflow_`, and where that is new as well, with the model `_overflow_`: totals lose nothing.
 *
 * @param isShared `most` is for all workers together, and not for each
 */
export function seriesOf(labels: Labels, most: i32, isShared: bool): Series {
  const found = find(labels, labels.model, labels.consumer);
  if (found !== null) return found;
  const isAdmitted = isShared ? admitSeries(buffer.view(), most) : table().size < most;
  if (isAdmitted) return make();
  countOverflow();
  const isAlone = labels.consumer.equals(NO_LABEL);
  if (!isAlone) {
    const model = find(labels, labels.model, OVERFLOW);
    if (model !== null) return model;
  }
  const all = find(labels, OVERFLOW, isAlone ? NO_LABEL : OVERFLOW);
  return all !== null ? all : make();
}

function table(): BytesTable<Series> {
  let all = known;
  if (all === null) {
    all = new BytesTable<Series>();
    known = all;
  }
  return all;
}

/** Looks for a series, and leaves its name in `buffer`. */
function find(labels: Labels, model: Slice, consumer: Slice): Series | null {
  buffer.clear();
  appendLabel(buffer.append(ROUTE), labels.route);
  appendLabel(buffer.append(UPSTREAM), labels.cluster);
  appendLabel(buffer.append(MODEL), model);
  appendLabel(buffer.append(CONSUMER), consumer);
  buffer.append(METRIC);
  return table().find(buffer.view());
}

/** Makes the series that `find` looked for last. */
function make(): Series {
  const prefix = buffer.toSlice();
  const series = new Series(prefix);
  table().set(prefix, series);
  return series;
}

function countOverflow(): void {
  let counter = overflows;
  if (counter === null) {
    counter = new Counter(bytes("ai_stat_series_overflow_count"));
    overflows = counter;
  }
  counter.increment();
}
