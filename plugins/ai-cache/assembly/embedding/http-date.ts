import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";

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
  appendDay(out, days);
  const rest = <i32>(seconds % SECONDS_A_DAY);
  appendTwo(out.appendByte(BLANK), rest / 3600);
  appendTwo(out.appendByte(COLON), (rest / 60) % 60);
  appendTwo(out.appendByte(COLON), rest % 60);
  return out.appendText(" GMT").view();
}

/** Counts years from March, so that the leap day is the last. @param days since 1970 */
function appendDay(out: Builder, days: i64): void {
  const sinceMarch0 = days + 719468;
  const era = sinceMarch0 / 146097;
  const dayOfEra = sinceMarch0 % 146097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const marchMonth = <i32>((5 * dayOfYear + 2) / 153);
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  appendTwo(out, <i32>(dayOfYear - (153 * marchMonth + 2) / 5 + 1));
  const name = 3 * (month - 1);
  out
    .appendByte(BLANK)
    .append(MONTHS.sub(name, name + 3))
    .appendByte(BLANK);
  out.appendInteger(era * 400 + yearOfEra + (month <= 2 ? 1 : 0));
}

function appendTwo(out: Builder, value: i32): void {
  out.appendByte(<u8>(0x30 + value / 10)).appendByte(<u8>(0x30 + (value % 10)));
}
