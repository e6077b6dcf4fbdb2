import { Builder, NOT_AN_INTEGER, parseInteger, Slice } from "@ai-gateway-wasm/bytes";

const SPACE: u8 = 0x20;

/** Tokens and requests. */
@final
export class UsageCounts {
  constructor(
    readonly input: i64 = 0,
    readonly output: i64 = 0,
    readonly requests: i64 = 0,
  ) {}

  plus(other: UsageCounts): UsageCounts {
    return new UsageCounts(
      this.input + other.input,
      this.output + other.output,
      this.requests + other.requests,
    );
  }
}

/**
 * What one consumer used, of one model if there is a balance for each; as the store keeps it:
 *
 *   120 30 2 20 10 1 2026-05
 *   └ total ┘└period┘└ its id, may be empty
 */
@final
export class UsageRecord {
  constructor(
    readonly total: UsageCounts = new UsageCounts(),
    readonly periodId: Slice = Slice.of(new StaticArray<u8>(0)),
    readonly period: UsageCounts = new UsageCounts(),
  ) {}

  /** What a text says; nothing used, when it says something else. */
  static parse(text: Slice): UsageRecord {
    const numbers = new StaticArray<i64>(6);
    let at = 0;
    for (let i = 0; i < numbers.length; i++) {
      const end = text.indexOf(SPACE, at);
      const number = end < 0 ? NOT_AN_INTEGER : parseInteger(text.sub(at, end));
      if (number == NOT_AN_INTEGER) return new UsageRecord();
      numbers[i] = number;
      at = end + 1;
    }
    return new UsageRecord(
      new UsageCounts(numbers[0], numbers[1], numbers[2]),
      text.sub(at),
      new UsageCounts(numbers[3], numbers[4], numbers[5]),
    );
  }

  /** The record with something more, used in this period. */
  plus(added: UsageCounts, periodId: Slice): UsageRecord {
    const isSame = this.periodId.equals(periodId);
    const period = isSame ? this.period.plus(added) : added;
    return new UsageRecord(this.total.plus(added), periodId, period);
  }

  /** The text to keep. */
  spell(): Slice {
    const out = new Builder();
    append(out, this.total);
    append(out, this.period);
    return out.append(this.periodId).view();
  }
}

function append(out: Builder, counts: UsageCounts): void {
  out.appendInteger(counts.input).appendByte(SPACE);
  out.appendInteger(counts.output).appendByte(SPACE);
  out.appendInteger(counts.requests).appendByte(SPACE);
}
