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
  /** The peer's complaint about a scope without a rate; what is missing it follows. */
  static readonly MISSING: string =
    "one of 'token_per_second', 'token_per_minute', 'token_per_hour', or 'token_per_day' must be set for ";

  readonly list: Rate[] = [];
  /** The first field that is no positive integer; null: there is none. */
  badField: string | null = null;
  /** Its value. */
  badValue: i64 = 0;

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
}
