import { Slice } from "@ai-gateway-wasm/bytes";
import { keyBeside } from "../hash-tag";
import { Slot } from "../shared-data/slot";
import { firstDayOfMonth, monthOf } from "@ai-gateway-wasm/kit/calendar";

/** How a window begins and ends (token-rate-limit.md 7.4). */
export const enum Algorithm {
  /** With the first charge; ends by expiry. What peers do. */
  Fixed,
  /** On the clock: whole seconds, minutes, hours, days; weeks from Monday; calendar months. */
  Aligned,
  /** On the clock, and the window before counts in part: as much of it as still lies within one
   * window's length. */
  Sliding,
}

/** As `windowSeconds`: a calendar month, always on the clock. */
export const CALENDAR_MONTH: i64 = 0;

const DAY_MS: i64 = 86400000;
const WEEK_MS: i64 = 7 * DAY_MS;
/** 1970-01-01 was a Thursday. */
const MONDAY_MS: i64 = 3 * DAY_MS;

/** A window on the clock, half open, in milliseconds since 1970. */
@final
export class Window {
  constructor(
    /** Counts the windows since 1970; the suffix of the key. */
    readonly id: i64,
    readonly startMs: i64,
    readonly endMs: i64,
  ) {}

  get lengthMs(): i64 {
    return this.endMs - this.startMs;
  }

  /** Whole seconds until the end, at least one. */
  secondsLeft(nowMs: i64): i64 {
    return max(1, (this.endMs - nowMs + 999) / 1000);
  }
}

/** One counter that a request is held against: so many tokens per window. */
@final
export class Bucket {
  readonly algorithm: Algorithm;
  /**
   * The configuration names it, so there are few: however many others clients make, shared data does
   * not forget it. The same wherever its key is used.
   */
  isPinned: bool = false;
  /** Where its counter lies, once shared data was asked; only for `shared/`. */
  slot: Slot | null = null;

  constructor(
    /** As in token-rate-limit.md 4.1; memory of its own, it is kept until the stream ends. */
    readonly key: Slice,
    readonly limit: i64,
    /** Length of the window, or `CALENDAR_MONTH`. */
    readonly windowSeconds: i64,
    algorithm: Algorithm = Algorithm.Fixed,
    /** Where days, weeks and months begin. */
    readonly utcOffsetMinutes: i32 = 0,
  ) {
    const isMonth = windowSeconds == CALENDAR_MONTH;
    this.algorithm = isMonth && algorithm == Algorithm.Fixed ? Algorithm.Aligned : algorithm;
  }

  /** The window on the clock at a point in time. Not for `Fixed`. */
  windowAt(nowMs: i64): Window {
    const offset = <i64>this.utcOffsetMinutes * 60000;
    if (this.windowSeconds == CALENDAR_MONTH) {
      const month = monthOf(floorDivide(nowMs + offset, DAY_MS));
      return new Window(
        month,
        firstDayOfMonth(month) * DAY_MS - offset,
        firstDayOfMonth(month + 1) * DAY_MS - offset,
      );
    }
    const length = this.windowSeconds * 1000;
    const shift = length == WEEK_MS ? offset + MONDAY_MS : offset;
    const id = floorDivide(nowMs + shift, length);
    return new Window(id, id * length - shift, (id + 1) * length - shift);
  }

  /**
   * Seconds until a sliding bucket holds no more than its limit, if nothing is added; when it holds no
   * more now, until its window ends. What is of the window before goes until then, what is of this
   * window until the end of the next one, both evenly.
   *
   * @param count of `used`, what is of this window
   */
  secondsUntilFits(limit: i64, used: i64, count: i64, nowMs: i64): i64 {
    const window = this.windowAt(nowMs);
    const endMs = window.endMs;
    let afterMs: f64 = 0;
    if (count > limit) {
      afterMs = <f64>this.windowAt(endMs).lengthMs * (1 - <f64>limit / <f64>count);
    } else if (used > limit) {
      afterMs = (<f64>(nowMs - endMs) * <f64>(limit - count)) / <f64>(used - count);
    }
    return new Window(0, 0, endMs + <i64>afterMs).secondsLeft(nowMs);
  }

  /** The key of a window on the clock: `<key>:<id>`; of a key without a tag see `keyBeside`. */
  keyOf(windowId: i64): Slice {
    return keyBeside(this.key).appendInteger(windowId).view();
  }
}

function floorDivide(value: i64, by: i64): i64 {
  const quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}
