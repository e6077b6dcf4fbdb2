import { wallClockSeconds } from "proxy-wasm-as";
import { ConfigReader } from "../config/reader";
import { NOT_A_TIME, readTime } from "../config/time";

/** What a point in time says about a key or consumer. */
export const enum Verdict {
  Valid,
  Disabled,
  NotYetValid,
  Expired,
}

const NEVER: i64 = i64.MAX_VALUE;
const ALWAYS: i64 = i64.MIN_VALUE;
/** The end of the year 9999: what is later was counted in milliseconds. */
const LATEST: i64 = 253402300799;

/** When a key or a consumer may be used: `[not_before, expires_at)`, and not while disabled. */
@final
export class Validity {
  private disabled: bool = false;
  /** Seconds since 1970, inclusive. */
  private notBefore: i64 = ALWAYS;
  /** Seconds since 1970, exclusive. */
  private expiresAt: i64 = NEVER;

  /** Valid at any time: what most keys are. Shared by all of them. */
  static readonly UNLIMITED: Validity = new Validity();

  /** Reads `disabled`, `not_before` and `expires_at`. */
  static read(config: ConfigReader): Validity {
    const disabled = config.strictFlag("disabled", false);
    const notBefore = readBound(config, "not_before", ALWAYS);
    const expiresAt = readBound(config, "expires_at", NEVER);
    if (!disabled && notBefore == ALWAYS && expiresAt == NEVER) return Validity.UNLIMITED;
    if (notBefore >= expiresAt) config.refuse("not_before", "must be earlier than expires_at");
    const validity = new Validity();
    validity.disabled = disabled;
    validity.notBefore = notBefore;
    validity.expiresAt = expiresAt;
    return validity;
  }

  /** The clock is read only when there is a bound; without a clock a bounded key is expired. */
  check(): Verdict {
    if (this.disabled) return Verdict.Disabled;
    if (this.notBefore == ALWAYS && this.expiresAt == NEVER) return Verdict.Valid;
    const now = wallClockSeconds();
    if (now == 0 || now >= this.expiresAt) return Verdict.Expired;
    return now < this.notBefore ? Verdict.NotYetValid : Verdict.Valid;
  }
}

function readBound(config: ConfigReader, field: string, fallback: i64): i64 {
  const value = config.find(field);
  if (value === null) return fallback;
  const time = readTime(value);
  if (time == NOT_A_TIME || time > LATEST)
    config.refuse(field, "is neither RFC 3339 nor unix seconds");
  return time;
}
