import { Algorithm, Bucket } from "../buckets/bucket";

/** Bytes of an entry in a slot; its layout is drawn in `slot.ts`. */
export const ENTRY_SIZE: i32 = 48;

/** What a gateway knows about one bucket: the window that runs, and how much it holds. */
@final
export class Entry {
  constructor(
    public startMs: i64,
    public lengthMs: i64,
    /** Tokens charged in the window. */
    public count: i64 = 0,
    /** Tokens of the window before; only for `Sliding`. */
    public before: i64 = 0,
  ) {}

  /** The window of a bucket at a point in time, empty. */
  static empty(bucket: Bucket, nowMs: i64): Entry {
    if (bucket.algorithm == Algorithm.Fixed) return new Entry(nowMs, bucket.windowSeconds * 1000);
    const window = bucket.windowAt(nowMs);
    return new Entry(window.startMs, window.lengthMs);
  }

  get endMs(): i64 {
    return this.startMs + this.lengthMs;
  }

  /**
   * The entry as it is at a point in time: still running, moved on by a window (`Sliding`), or empty.
   *
   * @param found what the slot has; null: nothing
   */
  static at(found: Entry | null, bucket: Bucket, nowMs: i64): Entry {
    const isFixed = bucket.algorithm == Algorithm.Fixed;
    // Redis keeps a key up to and including its last millisecond.
    if (found !== null && isFixed && nowMs <= found.endMs) return found;
    const empty = Entry.empty(bucket, nowMs);
    if (found === null || isFixed) return empty;
    if (found.startMs == empty.startMs) return found;
    if (bucket.algorithm == Algorithm.Sliding && found.endMs == empty.startMs) {
      empty.before = found.count;
    }
    return empty;
  }

  /** Tokens that count against the limit. */
  used(bucket: Bucket, nowMs: i64): i64 {
    if (bucket.algorithm != Algorithm.Sliding) return this.count;
    // The same arithmetic as Lua's, so that all stores agree.
    const part = Math.floor((<f64>this.before * <f64>(this.endMs - nowMs)) / <f64>this.lengthMs);
    return this.count + <i64>part;
  }

  /** Seconds until the window ends, as Redis rounds them; of `Sliding`, until `limit` fits again. */
  secondsLeft(bucket: Bucket, limit: i64, nowMs: i64): i64 {
    if (bucket.algorithm == Algorithm.Fixed) return (this.endMs - nowMs + 500) / 1000;
    const most = bucket.algorithm == Algorithm.Sliding ? limit : i64.MAX_VALUE;
    return bucket.secondsUntilFits(most, this.used(bucket, nowMs), this.count, nowMs);
  }
}
