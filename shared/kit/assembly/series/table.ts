import { Builder, bytes, BytesTable, Slice } from "@ai-gateway-wasm/bytes";
import { NO_LABEL } from "./label";
import { Labels } from "./labels";
import { Series } from "./series";

/** Consumer, or model, of whatever is counted past the limit. */
const OVERFLOW: Slice = bytes("_overflow_");

/** Label sets of one VM where nothing else is configured. */
export const MOST_SERIES: i32 = 1000;

/**
 * The series of one VM and all its configurations. Gateways keep metrics as long as they run, and so
 * does this table. Names come from clients, but there are never many: a worst case of equal hashes is
 * bounded.
 */
export class SeriesTable {
  /** Whether what was asked for last has a series of its own, and not one of those beyond the limit. */
  isOwn: bool = true;
  private readonly known: BytesTable<Series> = new BytesTable<Series>();
  /** How many of them are no `_overflow_`. */
  private own: i32 = 0;
  private readonly buffer: Builder = new Builder(256);

  constructor(
    /** What stands behind the labels. */
    protected readonly names: string[],
  ) {}

  /**
   * The series of these labels. When there are `most` already, a new one is counted with the consumer
   * `_overflow_`, and where its model is new as well, with that one `_overflow_`, too: totals lose
   * nothing.
   */
  of(labels: Labels, most: i32 = MOST_SERIES): Series {
    const found = this.find(labels);
    this.isOwn = found !== null || this.admits(most);
    if (found !== null) return found;
    let series: Series | null = null;
    if (this.isOwn) {
      this.own++;
      series = this.make();
    } else this.noteOverflow();
    const isAlone = labels.consumer.equals(NO_LABEL);
    if (!isAlone) {
      const rest = this.find(labels.with(labels.model, OVERFLOW));
      if (series === null) series = rest;
      // Gateways hear of it when something is counted there.
      else if (rest === null) this.make();
    }
    if (series !== null) return series;
    const all = this.find(labels.with(OVERFLOW, isAlone ? NO_LABEL : OVERFLOW));
    return all !== null ? all : this.make();
  }

  /** Whether there is room for the one with `name`. */
  protected admits(most: i32): bool {
    return this.own < most;
  }

  /** Of the series that was looked for last. */
  protected get name(): Slice {
    return this.buffer.view();
  }

  /** A new one. @param prefix in memory of its own */
  protected open(prefix: Slice): Series {
    return new Series(prefix, this.names);
  }

  /** There was none. */
  protected noteOverflow(): void {}

  /** Looks for a series, and leaves its name in `buffer`. */
  private find(labels: Labels): Series | null {
    this.buffer.clear();
    labels.appendTo(this.buffer);
    return this.known.find(this.buffer.view());
  }

  /** Makes the series that `find` looked for last. */
  private make(): Series {
    const prefix = this.buffer.toSlice();
    const series = this.open(prefix);
    this.known.set(prefix, series);
    return series;
  }
}
