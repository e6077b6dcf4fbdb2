import { Builder, Slice } from "@ai-gateway-wasm/bytes";

/** How long a grant lasts; the order of `period`. */
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
  private constructor(
    /** Part of the key of a balance. */
    readonly id: Slice,
    /** Seconds since 1970 at which it ends. */
    readonly endsAt: i64,
    /** Its length in seconds; of the longest one for months. */
    readonly length: i64,
  ) {}

  /**
   * The period that contains a moment; null for `PeriodKind.None`.
   *
   * @param now seconds since 1970
   * @param offsetMinutes how far the clock that periods are aligned with is ahead of UTC
   */
  static at(kind: PeriodKind, now: i64, offsetMinutes: i32): Period | null {
    if (kind == PeriodKind.None) return null;
    const offset = <i64>offsetMinutes * 60;
    const day = floorDivide(now + offset, DAY);
    if (kind == PeriodKind.Day) {
      const date = new CivilDate(day);
      return new Period(dayId(date), (day + 1) * DAY - offset, DAY);
    }
    if (kind == PeriodKind.Week) {
      const monday = floorDivide(day + MONDAY_OFFSET, WEEK) * WEEK - MONDAY_OFFSET;
      return new Period(weekId(monday), (monday + WEEK) * DAY - offset, WEEK * DAY);
    }
    const date = new CivilDate(day);
    const first = day - (date.day - 1);
    return new Period(monthId(date), (first + daysOfMonth(date)) * DAY - offset, 31 * DAY);
  }

  /** Seconds that what belongs to the period is kept: two periods, so that the last one can still be read. */
  get keepSeconds(): i64 {
    return this.length * 2;
  }
}

/** A day of the Gregorian calendar. */
@final
class CivilDate {
  readonly year: i64;
  /** 1 to 12. */
  readonly month: i64;
  /** 1 to 31. */
  readonly day: i64;

  /** @param days since 1970-01-01. Counts in years that begin in March, so that leap days come last. */
  constructor(days: i64) {
    const shifted = days + 719468;
    const era = floorDivide(shifted, 146097);
    const dayOfEra = shifted - era * 146097;
    const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
    const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
    const month = (5 * dayOfYear + 2) / 153;
    this.day = dayOfYear - (153 * month + 2) / 5 + 1;
    this.month = month < 10 ? month + 3 : month - 9;
    this.year = yearOfEra + era * 400 + (this.month <= 2 ? 1 : 0);
  }
}

function dayId(date: CivilDate): Slice {
  const id = new Builder(16).appendInteger(date.year);
  return twoDigits(twoDigits(id.appendByte(0x2d), date.month).appendByte(0x2d), date.day).toSlice();
}

function monthId(date: CivilDate): Slice {
  const id = new Builder(16).appendInteger(date.year).appendByte(0x2d);
  return twoDigits(id, date.month).toSlice();
}

/** @param monday its first day: a week belongs to the year of its Thursday */
function weekId(monday: i64): Slice {
  const thursday = monday + 3;
  const year = new CivilDate(thursday).year;
  const dayOfYear = thursday - daysBefore(year);
  const id = new Builder(16).appendInteger(year).appendText("-W");
  return twoDigits(id, dayOfYear / WEEK + 1).toSlice();
}

/** Days from 1970-01-01 to the first day of a year. */
function daysBefore(year: i64): i64 {
  const last = year - 1;
  const leapDays = floorDivide(last, 4) - floorDivide(last, 100) + floorDivide(last, 400);
  return last * 365 + leapDays - 719162;
}

function daysOfMonth(date: CivilDate): i64 {
  const month = date.month;
  if (month == 2) {
    const year = date.year;
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  }
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

function twoDigits(out: Builder, value: i64): Builder {
  if (value < 10) out.appendByte(0x30);
  return out.appendInteger(value);
}

/** The quotient rounded down, for moments before 1970 too. */
function floorDivide(value: i64, by: i64): i64 {
  const quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}
