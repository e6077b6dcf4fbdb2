import { bytes, lowerCase, NOT_AN_INTEGER, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, textsOf } from "@ai-gateway-wasm/kit";
import { compileRegex, Regex, RegexError } from "@ai-gateway-wasm/match";
import { Condition, Operator, OPERATORS } from "./condition";
import { elementsOf } from "./elements";
import { ValueType, VALUE_TYPES } from "./value-type";

/**
 * Reads `conditions` of one object, in the grammar and with the words of traffic-tag
 * (model-router.md 2.3).
 *
 * @param into what was read until the first error
 * @param last the last type that is known here
 * @returns what is wrong; empty: nothing
 */
export function readConditions(owner: ConfigReader, into: Condition[], last: ValueType): string {
  const entries = elementsOf(owner, "conditions");
  for (let i = 0; i < entries.length; i++) {
    const parser = new ConditionParser(entries[i]);
    const condition = parser.read(last);
    if (condition === null) return parser.problem;
    into.push(condition);
  }
  return "";
}

/** Reads one condition. */
@final
class ConditionParser {
  problem: string = "";

  constructor(private readonly reader: ConfigReader) {}

  /** Null: `problem` says why. */
  read(last: ValueType): Condition | null {
    const type = lowerCase(this.reader.text("conditionType"));
    if (type.isEmpty) return this.refuse("conditionType cannot be empty");
    const key = this.reader.text("key");
    const operator = lowerCase(this.reader.text("operator"));
    const known = indexIn(VALUE_TYPES, type);
    if (key.isEmpty && !hasNoKey(known)) return this.refuse("key cannot be empty");
    if (operator.isEmpty) return this.refuse("operator cannot be empty");
    const how = indexIn(OPERATORS, operator);
    if (how < 0) return this.refuse("invalid operator: '" + operator.toString() + "'");
    if (known < 0 || known > <i32>last) {
      return this.refuse("invalid conditionType: '" + type.toString() + "'");
    }
    return this.readValue(<ValueType>known, key, <Operator>how);
  }

  private readValue(type: ValueType, key: Slice, operator: Operator): Condition | null {
    const values = textsOf(this.reader.list("value"));
    const count = values.length;
    const name = OPERATORS[operator];
    let regex: Regex | null = null;
    let percent: i64 = 0;
    if (operator == Operator.In || operator == Operator.NotIn) {
      if (count == 0) {
        return this.refuse(
          "value must contain at least one element for 'in' or 'not_in' operators",
        );
      }
    } else if (operator == Operator.Percentage) {
      if (count != 1) return this.refuse("value for 'percentage' must contain exactly one element");
      percent = parseInteger(values[0]);
      if (percent == NOT_AN_INTEGER) {
        return this.refuse("value for 'percentage' must be a valid integer");
      }
      if (percent < 0 || percent > 100) {
        return this.refuse("value for 'percentage' must be greater than 0 and less than 100");
      }
    } else if (count != 1) {
      return this.refuse("value must contain exactly one element for '" + name + "' operator");
    }
    if (operator == Operator.Regex) {
      const error = new RegexError();
      regex = compileRegex(values[0], error);
      if (regex === null) return this.refuse(error.message);
    }
    const header = type == ValueType.Header ? lowerCase(key).kept() : key;
    return new Condition(type, header, operator, values, regex, <i32>percent);
  }

  private refuse(problem: string): Condition | null {
    this.problem = problem;
    return null;
  }
}

/** A request has one model and one consumer. */
function hasNoKey(type: i32): bool {
  return type == <i32>ValueType.Model || type == <i32>ValueType.Consumer;
}

function indexIn(words: string[], word: Slice): i32 {
  for (let i = 0; i < words.length; i++) {
    if (word.equals(bytes(words[i]))) return i;
  }
  return -1;
}
