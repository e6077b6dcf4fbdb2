import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { appendTwo, CalendarDay } from "@ai-gateway-wasm/kit/calendar";

const SECONDS_A_DAY: i64 = 86400;
const DASH: u8 = 0x2d;

/** `yyyy-MM-ddTHH:mm:ssZ`. @param seconds since 1970, not negative */
export function utcDate(seconds: i64): Slice {
  const date = CalendarDay.since1970(seconds / SECONDS_A_DAY);
  const rest = <i32>(seconds % SECONDS_A_DAY);
  const out = new Builder(24);
  appendTwo(appendTwo(out, date.year / 100), date.year % 100);
  appendTwo(out.appendByte(DASH), date.month);
  appendTwo(out.appendByte(DASH), date.day);
  appendTwo(out.appendByte(0x54), rest / 3600);
  appendTwo(out.appendByte(0x3a), (rest / 60) % 60);
  appendTwo(out.appendByte(0x3a), rest % 60);
  return out.appendByte(0x5a).view();
}
