import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { UsageRecord } from "./counts";

/** Between the two parts of a line: no header value holds it. */
const LINE_FEED: u8 = 0x0a;

/**
 * Where it is written down who used what: one line for each consumer, or for each model of each. In
 * Redis a hash, in shared data one value per line and one with the names of all.
 */
@final
export class UsageBook {
  /** No further line fits in shared data: lines never go, so it stays true. */
  isFull: bool = false;

  constructor(
    readonly key: Slice,
    /** What comes later is summed up in one line without a name. */
    readonly mostLines: i32,
  ) {}

  /** @param model empty: there is no balance for each model */
  static lineOf(consumer: Slice, model: Slice): Slice {
    if (model.isEmpty) return consumer;
    return new Builder(consumer.length + model.length + 1)
      .append(consumer)
      .appendByte(LINE_FEED)
      .append(model)
      .view();
  }
}

/** One line of the book. */
@final
export class UsageLine {
  /** Empty: all those that found no line of their own. */
  readonly consumer: Slice;
  readonly model: Slice;

  constructor(
    line: Slice,
    readonly record: UsageRecord,
  ) {
    const split = line.indexOf(LINE_FEED);
    this.consumer = split < 0 ? line : line.sub(0, split);
    this.model = split < 0 ? NO_BYTES : line.sub(split + 1);
  }
}
