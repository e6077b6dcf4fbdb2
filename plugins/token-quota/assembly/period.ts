import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { firstDayOfMonth, monthOf } from "@ai-gateway-wasm/kit/calendar";

/** How long a grant lasts; the order of `PERIODS`. */
export const enum PeriodKind {
  None,
  Day,
  Week,
  Month,
}

/** The words of `period`. */
export const PERIODS: string[] = ["none", "day", "week", "month"];

const DAY: i64 = 86400;
const WEEK: i64 = 7;
/** 1970-01-01 was a Thursday, three days after a Monday. */
const MONDAY_OFFSET: i64 = 3;

/**
 * One period of the calendar: what its balances are called, and when it ends. Weeks begin on Monday
 * and are numbered as in ISO 8601.
 *
 *   day 2026-05-01    week 2026-W18    month 2026-05
 */
@final
export class Period {
  constructor(
    /** Part of the key of a balance. */
    readonly id: Slice,
    /** Seconds since 1970 at which it ends. */
    readonly endsAt: i64,
    /** Seconds that what belongs to it is kept: two periods, so that the last one can be read still. */
    readonly keepSeconds: i64,
  ) {}

  /**
   * The period that contains a moment; null for `PeriodKind.None`.
   *
   * @param now seconds since 1970
   * @param offsetMinutes how far the clock that periods are aligned with is ahead of UTC
   */
  static at(kind: PeriodKind, now: i64, offsetMinutes: i64): Period | null {
    if (kind == PeriodKind.None) return null;
    const offset = offsetMinutes * 60;
    const day = (now + offset) / DAY;
    if (kind == PeriodKind.Day) {
      return new Period(dayId(day), (day + 1) * DAY - offset, 2 * DAY);
    }
    if (kind == PeriodKind.Week) {
      const monday = ((day + MONDAY_OFFSET) / WEEK) * WEEK - MONDAY_OFFSET;
      return new Period(weekId(monday), (monday + WEEK) * DAY - offset, 2 * WEEK * DAY);
    }
    const month = monthOf(day);
    return new Period(monthId(month), firstDayOfMonth(month + 1) * DAY - offset, 62 * DAY);
  }
}

/** @param month since January 1970 */
function monthId(month: i64): Slice {
  const id = new Builder(16).appendInteger(1970 + month / 12).appendByte(0x2d);
  return twoDigits(id, (month % 12) + 1).view();
}

function dayId(day: i64): Slice {
  const month = monthOf(day);
  const id = new Builder(16).append(monthId(month)).appendByte(0x2d);
  return twoDigits(id, day - firstDayOfMonth(month) + 1).view();
}

/** @param monday its first day: a week belongs to the year of its Thursday */
function weekId(monday: i64): Slice {
  const thursday = monday + 3;
  const year = monthOf(thursday) / 12;
  const week = (thursday - firstDayOfMonth(year * 12)) / WEEK + 1;
  return twoDigits(new Builder(16).appendInteger(1970 + year).appendText("-W"), week).view();
}

function twoDigits(out: Builder, value: i64): Builder {
  if (value < 10) out.appendByte(0x30);
  return out.appendInteger(value);
}
