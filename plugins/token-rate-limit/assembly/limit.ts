import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Algorithm, Bucket, CALENDAR_MONTH } from "@ai-gateway-wasm/store/buckets";
import { Rate } from "./rate";

const PREFIX: Slice = bytes("higress-token-ratelimit:");
const GLOBAL: Slice = bytes("global_threshold");
const COLON: u8 = 0x3a;

/** What the counters of one configuration have in common. */
@final
export class LimitFormat {
  constructor(
    private readonly ruleName: Slice,
    /** The braces that keep all keys of a request on one node of a Redis Cluster. */
    private readonly isTagged: bool,
    readonly algorithm: Algorithm,
    readonly utcOffsetMinutes: i32,
  ) {}

  /** `higress-token-ratelimit:{<rule_name>}:` */
  begin(): Builder {
    const key = new Builder(96).append(PREFIX);
    if (this.isTagged) key.appendByte(0x7b);
    key.append(this.ruleName);
    if (this.isTagged) key.appendByte(0x7d);
    return key.appendByte(COLON);
  }
}

/**
 * One rate of one rule. Its keys, which are the peer's (token-rate-limit.md 4.1):
 *
 *   higress-token-ratelimit:{<rule name>}:global_threshold:<window>
 *   higress-token-ratelimit:{<rule name>}:<type>:<window>:<name>:<value>
 */
@final
export class Limit {
  /** For people: `global_threshold:60`, `limit_by_header:60:x-api-key`. Never holds a value. */
  readonly label: Slice;
  /** Everything before the value. */
  private readonly prefix: Slice;
  /** The counter of a rule without values, or for one value that the configuration names. */
  private readonly only: Bucket | null;

  constructor(
    private readonly format: LimitFormat,
    private readonly rate: Rate,
    label: Slice,
    hasValues: bool,
    /** The only value it holds for; null: clients choose. */
    literal: Slice | null,
  ) {
    const prefix = format.begin().append(label);
    if (hasValues) prefix.appendByte(COLON);
    this.label = label;
    this.prefix = prefix.toSlice();
    this.only = literal === null ? null : this.count(literal);
    const only = this.only;
    if (only !== null) only.isPinned = true;
  }

  static global(format: LimitFormat, rate: Rate): Limit {
    const label = new Builder().append(GLOBAL).appendByte(COLON);
    appendWindow(label, rate.windowSeconds);
    return new Limit(format, rate, label.toSlice(), false, NO_BYTES);
  }

  /**
   * @param type the field's name @param name of the header, parameter, cookie … as configured
   * @param literal the one value it is for; null: any
   */
  static of(
    format: LimitFormat,
    rate: Rate,
    type: string,
    name: Slice,
    literal: Slice | null,
  ): Limit {
    const label = new Builder().appendText(type).appendByte(COLON);
    appendWindow(label, rate.windowSeconds);
    return new Limit(format, rate, label.appendByte(COLON).append(name).toSlice(), true, literal);
  }

  /** The counter for a value. */
  bucket(value: Slice): Bucket {
    const only = this.only;
    return only !== null ? only : this.count(value);
  }

  private count(value: Slice): Bucket {
    const key = new Builder(this.prefix.length + value.length).append(this.prefix).append(value);
    const format = this.format;
    const rate = this.rate;
    return new Bucket(
      key.view(),
      rate.tokens,
      rate.windowSeconds,
      format.algorithm,
      format.utcOffsetMinutes,
    );
  }
}

function appendWindow(label: Builder, seconds: i64): void {
  if (seconds == CALENDAR_MONTH) label.appendText("month");
  else label.appendInteger(seconds);
}
