import { decimal } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { CALENDAR_MONTH } from "@ai-gateway-wasm/store/buckets";

const FIELDS: string[] = [
  "token_per_second",
  "token_per_minute",
  "token_per_hour",
  "token_per_day",
  "token_per_week",
  "token_per_month",
];
const SECONDS: StaticArray<i64> = [1, 60, 3600, 86400, 604800, CALENDAR_MONTH];

/** The peer's complaint about a scope without a rate, which follows. */
const MISSING: string =
  "one of 'token_per_second', 'token_per_minute', 'token_per_hour', or 'token_per_day' must be set for ";

/** So many tokens in one window. */
@final
export class Rate {
  constructor(
    /** At least 1. */
    readonly tokens: i64,
    /** Length of the window, or `CALENDAR_MONTH`. */
    readonly windowSeconds: i64,
  ) {}
}

/**
 * The rates of one scope, from the shortest window to the longest. The peer picks one of several at
 * random, each time it is configured; here all of them hold (token-rate-limit.md 2.2).
 */
@final
export class Rates {
  readonly list: Rate[] = [];
  /** The first field that is no positive integer; null: there is none. */
  private badField: string | null = null;
  /** Its value. */
  private badValue: i64 = 0;

  constructor(config: ConfigReader) {
    for (let i = 0; i < FIELDS.length; i++) {
      if (!config.has(FIELDS[i])) continue;
      const tokens = config.integer(FIELDS[i], 0);
      if (tokens > 0) {
        this.list.push(new Rate(tokens, SECONDS[i]));
      } else if (this.badField === null) {
        this.badField = FIELDS[i];
        this.badValue = tokens;
      }
    }
  }

  /**
   * The peer's complaint; null: there is none.
   *
   * @param where behind the complaint about a field
   * @param scope what has no rate at all
   */
  complaint(where: string, scope: string): string | null {
    const bad = this.badField;
    if (bad !== null) {
      return "'" + bad + "' must be a positive integer" + where + ", got " + decimal(this.badValue);
    }
    return this.list.length == 0 ? MISSING + scope : null;
  }
}
