import { JsonValue, stringOf } from "@ai-gateway-wasm/as-json";
import { bytes, NOT_AN_INTEGER, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { configInteger } from "./lenient";

/** How RFC 3339 text begins: a zero stands for any digit. */
const FORM: Slice = bytes("0000-00-00T00:00:00");

/** What `readTime` answers for something that is no point in time. */
export const NOT_A_TIME: i64 = i64.MIN_VALUE;

/** A point in time as seconds since 1970: a number, its digits as text, or RFC 3339 text. */
export function readTime(value: JsonValue): i64 {
  if (value.isNumber) return configInteger(value);
  if (!value.isString) return NOT_A_TIME;
  const text = stringOf(value);
  const seconds = parseInteger(text);
  return seconds != NOT_AN_INTEGER ? seconds : parseRfc3339(text);
}

/**
 * `2027-01-01T00:00:00Z`, with an optional fraction (dropped) and `Z` or an offset (RFC 3339
 * section 5.6). `NOT_A_TIME` for anything else.
 */
export function parseRfc3339(text: Slice): i64 {
  if (text.length < 20) return NOT_A_TIME;
  const numbers = new StaticArray<i32>(6);
  let which = 0;
  for (let at = 0; at < FORM.length; at++) {
    const byte = text.at(at);
    const mark = FORM.at(at);
    if (mark == 0x30) {
      const digit = byte - 0x30;
      if (<u32>digit > 9) return NOT_A_TIME;
      numbers[which] = numbers[which] * 10 + digit;
    } else {
      if (byte != mark && (mark != 0x54 || (byte != 0x74 && byte != 0x20))) return NOT_A_TIME;
      which++;
    }
  }
  const year = numbers[0];
  const month = numbers[1];
  const day = numbers[2];
  if (<u32>(month - 1) > 11 || <u32>(day - 1) >= <u32>daysIn(year, month)) return NOT_A_TIME;
  if (numbers[3] > 23 || numbers[4] > 59 || numbers[5] > 60) return NOT_A_TIME;
  const zone = endOfFraction(text);
  const offset = zone < 0 ? NOT_A_TIME : parseOffset(text, zone);
  if (offset == NOT_A_TIME) return NOT_A_TIME;
  const days = daysSince1970(year, month, day);
  return days * 86400 + <i64>(numbers[3] * 3600 + numbers[4] * 60 + numbers[5]) - offset;
}

/** Position after the seconds and their fraction; -1 for a point without digits. */
function endOfFraction(text: Slice): i32 {
  let at = 19;
  if (text.at(at) != 0x2e) return at;
  at++;
  while (<u32>(text.at(at) - 0x30) < 10) at++;
  return at == 20 ? -1 : at;
}

/** `Z` or `±hh:mm` at the end of the text, in seconds. */
function parseOffset(text: Slice, at: i32): i64 {
  const sign = text.at(at);
  if ((sign | 0x20) == 0x7a) return at + 1 == text.length ? 0 : NOT_A_TIME;
  if ((sign != 0x2b && sign != 0x2d) || at + 6 != text.length || text.at(at + 3) != 0x3a) {
    return NOT_A_TIME;
  }
  const hour = digits(text, at + 1, 2);
  const minute = digits(text, at + 4, 2);
  if (<u32>hour > 23 || <u32>minute > 59) return NOT_A_TIME;
  const seconds = <i64>(hour * 3600 + minute * 60);
  return sign == 0x2d ? -seconds : seconds;
}

/** `count` decimal digits at `start`, or -1. */
function digits(text: Slice, start: i32, count: i32): i32 {
  let value = 0;
  for (let i = start; i < start + count; i++) {
    const digit = text.at(i) - 0x30;
    if (<u32>digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}

function daysIn(year: i32, month: i32): i32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28;
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/**
 * Days from 1970-01-01 in the proleptic Gregorian calendar, counting years from March, and from 400
 * years before the year 0, so that none is negative.
 */
function daysSince1970(year: i32, month: i32, day: i32): i64 {
  if (month <= 2) {
    year--;
    month += 12;
  }
  year += 400;
  const leapDays = year / 4 - year / 100 + year / 400;
  return year * 365 + leapDays + (153 * month - 457) / 5 + day - 865566;
}
