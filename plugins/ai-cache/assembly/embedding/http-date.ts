import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { appendTwo, CalendarDay } from "@ai-gateway-wasm/kit/calendar";

const DAYS: Slice = bytes("ThuFriSatSunMonTueWed"); // 1970 began with a Thursday
const MONTHS: Slice = bytes("JanFebMarAprMayJunJulAugSepOctNovDec");
const SECONDS_A_DAY: i64 = 86400;
const COLON: u8 = 0x3a;
const BLANK: u8 = 0x20;

/** `Fri, 02 Jan 2026 03:04:05 GMT` (RFC 9110 section 5.6.7). @param seconds since 1970, not negative */
export function httpDate(seconds: i64): Slice {
  const days = seconds / SECONDS_A_DAY;
  const weekday = 3 * <i32>(days % 7);
  const out = new Builder(32).append(DAYS.sub(weekday, weekday + 3)).appendText(", ");
  const date = CalendarDay.since1970(days);
  const name = 3 * (date.month - 1);
  appendTwo(out, date.day)
    .appendByte(BLANK)
    .append(MONTHS.sub(name, name + 3));
  out.appendByte(BLANK).appendInteger(date.year);
  const rest = <i32>(seconds % SECONDS_A_DAY);
  appendTwo(out.appendByte(BLANK), rest / 3600);
  appendTwo(out.appendByte(COLON), (rest / 60) % 60);
  appendTwo(out.appendByte(COLON), rest % 60);
  return out.appendText(" GMT").view();
}
