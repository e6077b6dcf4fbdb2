import { Slice } from "@ai-gateway-wasm/bytes";
import { Regex } from "@ai-gateway-wasm/match";
import { bucketOf } from "./bucket";
import { ValueType } from "./value-type";

const PERCENT: u64 = 100;

/** How a value is compared; the order of `OPERATORS`. */
export const enum Operator {
  Equal,
  NotEqual,
  Prefix,
  In,
  NotIn,
  Regex,
  /** The value's hash lies within so many percent. */
  Percentage,
}

/** The words of a configuration. */
export const OPERATORS: string[] = [
  "equal",
  "not_equal",
  "prefix",
  "in",
  "not_in",
  "regex",
  "percentage",
];

/** One comparison of one value of a request. */
@final
export class Condition {
  constructor(
    readonly type: ValueType,
    readonly key: Slice,
    private readonly operator: Operator,
    /** At least one. */
    private readonly values: Slice[],
    /** Only for `Regex`. */
    private readonly regex: Regex | null,
    /** Only for `Percentage`. */
    private readonly percent: i32,
  ) {}

  holds(value: Slice): bool {
    switch (this.operator) {
      case Operator.Equal:
      case Operator.In:
        return this.lists(value);
      case Operator.NotEqual:
      case Operator.NotIn:
        return !this.lists(value);
      case Operator.Prefix:
        return value.startsWith(this.values[0]);
      case Operator.Regex: {
        const regex = this.regex;
        return regex !== null && regex.matches(value);
      }
      default:
        return bucketOf(value, PERCENT) < this.percent;
    }
  }

  private lists(value: Slice): bool {
    for (let i = 0; i < this.values.length; i++) {
      if (this.values[i].equals(value)) return true;
    }
    return false;
  }
}
