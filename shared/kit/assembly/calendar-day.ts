import { Builder } from "@ai-gateway-wasm/bytes";
import { firstDayOfMonth, monthOf } from "./calendar";

/** A day as people write it. */
@final
export class CalendarDay {
  constructor(
    readonly year: i32,
    /** 1 to 12. */
    readonly month: i32,
    /** 1 to 31. */
    readonly day: i32,
  ) {}

  /** @param days since 1970-01-01, not before */
  static since1970(days: i64): CalendarDay {
    const month = monthOf(days);
    const day = days - firstDayOfMonth(month) + 1;
    return new CalendarDay(1970 + <i32>(month / 12), <i32>(month % 12) + 1, <i32>day);
  }
}

/** Appends two digits. @param value 0 to 99 */
export function appendTwo(out: Builder, value: i32): Builder {
  return out.appendByte(<u8>(0x30 + value / 10)).appendByte(<u8>(0x30 + (value % 10)));
}
