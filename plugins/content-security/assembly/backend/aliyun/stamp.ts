import { Builder, encodeHex, Slice } from "@ai-gateway-wasm/bytes";

const SECONDS_A_DAY: i64 = 86400;
const DASH: u8 = 0x2d;

/** `yyyy-MM-ddTHH:mm:ssZ`. @param seconds since 1970, not negative */
export function utcDate(seconds: i64): Slice {
  const out = new Builder(24);
  appendDay(out, seconds / SECONDS_A_DAY);
  const rest = <i32>(seconds % SECONDS_A_DAY);
  appendTwo(out.appendByte(0x54), rest / 3600);
  appendTwo(out.appendByte(0x3a), (rest / 60) % 60);
  appendTwo(out.appendByte(0x3a), rest % 60);
  return out.appendByte(0x5a).view();
}

/** A UUID of version 4 from 16 random bytes. */
export function uuid(random: Slice): Slice {
  const hex = encodeHex(random);
  const variant = "89ab".charCodeAt((random.at(8) >> 4) & 3);
  return new Builder(40)
    .append(hex.sub(0, 8))
    .appendByte(DASH)
    .append(hex.sub(8, 12))
    .appendText("-4")
    .append(hex.sub(13, 16))
    .appendByte(DASH)
    .appendByte(<u8>variant)
    .append(hex.sub(17, 20))
    .appendByte(DASH)
    .append(hex.sub(20, 32))
    .view();
}

/** Counts years from March, so that the leap day is the last. @param days since 1970 */
function appendDay(out: Builder, days: i64): void {
  const sinceMarch0 = days + 719468;
  const era = sinceMarch0 / 146097;
  const dayOfEra = sinceMarch0 % 146097;
  const yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const marchMonth = (5 * dayOfYear + 2) / 153;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0);
  appendTwo(out, <i32>(year / 100));
  appendTwo(out, <i32>(year % 100));
  appendTwo(out.appendByte(DASH), <i32>month);
  appendTwo(out.appendByte(DASH), <i32>(dayOfYear - (153 * marchMonth + 2) / 5 + 1));
}

function appendTwo(out: Builder, value: i32): void {
  out.appendByte(<u8>(0x30 + value / 10)).appendByte(<u8>(0x30 + (value % 10)));
}
