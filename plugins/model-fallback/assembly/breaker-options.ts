import { parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { readStatusSet } from "./errors";
import { StatusSet } from "./status-set";

const MOST_SECONDS: i64 = 86400;
export const MILLION: i64 = 1000000;

/** `breaker`: when a target is left alone, and for how long. */
@final
export class BreakerOptions {
  readonly isEnabled: bool;
  readonly failures: i64;
  readonly windowSeconds: i64;
  /** With fewer requests in the window the ratio says nothing. */
  readonly minRequests: i64;
  /** Failures per million requests that it takes as well; 0: the number of failures decides alone. */
  readonly ratio: i64;
  readonly openSeconds: i64;
  readonly maxOpenSeconds: i64;
  /** Requests let through at once while nobody knows whether the target is well again. */
  readonly halfOpenProbes: i64;
  /** Probes that must succeed. */
  readonly closeAfter: i64;
  /** Statuses that count, of those that are failures. */
  readonly countStatus: StatusSet;
  readonly honorsRetryAfter: bool;
  readonly keepsOne: bool;

  /**
   * @param probeMs after which a probe that nobody gave back is over
   * @param statuses that are failures
   */
  constructor(
    breaker: ConfigReader,
    readonly probeMs: i64,
    statuses: StatusSet,
  ) {
    this.isEnabled = breaker.flag("enabled", true);
    this.failures = breaker.integer("failures", 5, 1, MILLION);
    this.windowSeconds = breaker.integer("windowSeconds", 30, 1, MOST_SECONDS);
    this.minRequests = breaker.integer("minRequests", 0, 0, MILLION);
    this.ratio = readRatio(breaker);
    this.openSeconds = breaker.integer("openSeconds", 30, 1, MOST_SECONDS);
    this.maxOpenSeconds = breaker.integer("maxOpenSeconds", 300, 1, MOST_SECONDS);
    this.halfOpenProbes = breaker.integer("halfOpenProbes", 1, 1, 1000);
    this.closeAfter = breaker.integer("closeAfter", 2, 1, 1000);
    const counted = readStatusSet(breaker, "countStatus");
    this.countStatus = counted !== null ? counted : statuses;
    this.honorsRetryAfter = breaker.flag("honorRetryAfter", true);
    this.keepsOne = breaker.flag("keepOne", true);
  }

  /** Successes are of interest while the target is well, too. */
  get countsSuccesses(): bool {
    return this.ratio > 0;
  }
}

/** `failureRatio`, 0 to 1, in millionths. */
function readRatio(breaker: ConfigReader): i64 {
  const text = breaker.text("failureRatio");
  if (text.isEmpty) return 0;
  const ratio = millionths(text);
  if (ratio < 0 || ratio > MILLION) breaker.refuse("failureRatio", "must be between 0 and 1");
  return ratio;
}

/** `0.25` → 250000; −1 for what is no plain number. */
function millionths(text: Slice): i64 {
  const point = text.indexOf(0x2e);
  const whole = parseInteger(point < 0 ? text : text.sub(0, point));
  if (whole < 0 || whole > 1) return -1;
  let value = whole * MILLION;
  let unit = MILLION / 10;
  for (let i = point + 1; point >= 0 && i < text.length; i++) {
    const digit = text.at(i) - 0x30;
    if (<u32>digit > 9) return -1;
    value += unit * digit;
    unit /= 10;
  }
  return value;
}
