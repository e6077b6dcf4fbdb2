// Months of the proleptic Gregorian calendar, counted from January 1970. Years are counted from
// March, so that the leap day is the last of its year (Howard Hinnant, "chrono-compatible low-level
// date algorithms").

/** Days of 400 years, and from 0000-03-01 to 1970-01-01. */
const ERA_DAYS: i64 = 146097;
const TO_1970: i64 = 719468;

/** The month that a day belongs to. @param day since 1970-01-01, not before */
export function monthOf(day: i64): i64 {
  const shifted = day + TO_1970;
  const era = shifted / ERA_DAYS;
  const dayOfEra = shifted - era * ERA_DAYS;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const monthFromMarch = (5 * dayOfYear + 2) / 153;
  return (era * 400 + yearOfEra - 1970) * 12 + monthFromMarch + 2;
}

/** The first day of a month, in days since 1970-01-01. */
export function firstDayOfMonth(month: i64): i64 {
  const fromMarch = month + 1970 * 12 - 2;
  const year = fromMarch / 12;
  const monthFromMarch = fromMarch - year * 12;
  const era = year / 400;
  const yearOfEra = year - era * 400;
  const dayOfYear = (153 * monthFromMarch + 2) / 5;
  return era * ERA_DAYS + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - TO_1970;
}
