import { NO_BYTES, Slice, bytes } from "@ai-gateway-wasm/bytes";
import { boolOf, numberOf, textOf } from "../lenient";
import { parseNumber } from "../number";
import { JsonType } from "../type";
import { JsonValue } from "../value";
import { matches } from "./pattern";
import { Collection, JsonPath, PathStep } from "./step";

/** How a query compares. */
export const enum Operator {
  Exists,
  Equal,
  NotEqual,
  Less,
  LessOrEqual,
  Greater,
  GreaterOrEqual,
  Like,
  NotLike,
}

/** What `~` in front of a query's value turns the element into. */
export const enum Conversion {
  None,
  True,
  False,
  Null,
  Exists,
  /** `~` with any other word: nothing matches. */
  Unknown,
}

/** The condition inside `#(…)`. */
@final
export class Query {
  /** The value as a number; 0 when it is none. */
  private readonly number: f64;
  private readonly isTrueWord: bool;
  private readonly isFalseWord: bool;

  constructor(
    /** Where in the element to look; null: the element itself. */
    private readonly path: JsonPath | null,
    private readonly operator: Operator,
    /** Compared with, unquoted. */
    private readonly value: Slice,
    private readonly conversion: Conversion,
  ) {
    const number = parseNumber(value);
    this.number = isNaN(number) ? 0 : number;
    // A converted element is compared with true.
    this.isTrueWord = conversion != Conversion.None || value.equals(bytes("true"));
    this.isFalseWord = value.equals(bytes("false"));
  }

  isTrueFor(element: JsonValue): bool {
    const path = this.path;
    const isContainer = element.type >= JsonType.Array;
    if (path !== null) return isContainer && this.holds(path.read(element));
    // An array or object has no value of its own to compare: GJSON asks for its empty key.
    return this.holds(isContainer ? element.get(NO_BYTES) : element);
  }

  private holds(subject: JsonValue | null): bool {
    const conversion = this.conversion;
    if (conversion == Conversion.Unknown) return false;
    if (conversion != Conversion.None) {
      return this.compareWords(converted(subject, conversion));
    }
    if (subject === null) return false;
    if (this.operator == Operator.Exists) return true;
    switch (subject.type) {
      case JsonType.String:
        return this.compareText(textOf(subject));
      case JsonType.Number:
        return this.compareNumber(numberOf(subject));
      case JsonType.Boolean:
        return this.compareWords(boolOf(subject));
      default:
        return false;
    }
  }

  private compareText(text: Slice): bool {
    if (this.operator == Operator.Like) return matches(text, this.value);
    if (this.operator == Operator.NotLike) return !matches(text, this.value);
    return ordered(this.operator, text.compare(this.value));
  }

  private compareNumber(number: f64): bool {
    const order = number < this.number ? -1 : number > this.number ? 1 : 0;
    return ordered(this.operator, order);
  }

  /** Booleans: false < true; only the words `true` and `false` are comparable. */
  private compareWords(flag: bool): bool {
    const isTrue = this.isTrueWord;
    const isFalse = this.isFalseWord;
    switch (this.operator) {
      case Operator.Equal:
        return flag ? isTrue : isFalse;
      case Operator.NotEqual:
        return flag ? !isTrue : !isFalse;
      case Operator.Less:
        return !flag && isTrue;
      case Operator.LessOrEqual:
        return !flag;
      case Operator.Greater:
        return flag && isFalse;
      case Operator.GreaterOrEqual:
        return flag;
      default:
        return false;
    }
  }
}

function ordered(operator: Operator, order: i32): bool {
  switch (operator) {
    case Operator.Equal:
      return order == 0;
    case Operator.NotEqual:
      return order != 0;
    case Operator.Less:
      return order < 0;
    case Operator.LessOrEqual:
      return order <= 0;
    case Operator.Greater:
      return order > 0;
    case Operator.GreaterOrEqual:
      return order >= 0;
    default:
      return false;
  }
}

function converted(subject: JsonValue | null, conversion: Conversion): bool {
  switch (conversion) {
    case Conversion.Exists:
      return subject !== null;
    case Conversion.Null:
      return subject === null || subject.isNull;
    case Conversion.True:
      return boolOf(subject);
    default:
      return isFalsy(subject);
  }
}

/** Missing, null, false, 0, or a string that spells false. */
function isFalsy(subject: JsonValue | null): bool {
  if (subject === null) return true;
  switch (subject.type) {
    case JsonType.Null:
      return true;
    case JsonType.String: {
      const text = textOf(subject);
      return isWord(text, "0") || isWord(text, "f") || isWord(text, "false");
    }
    case JsonType.Boolean:
    case JsonType.Number:
      return !boolOf(subject);
    default:
      return false;
  }
}

/** Ignores the case of ASCII letters. */
function isWord(text: Slice, word: string): bool {
  if (text.length != word.length) return false;
  for (let i = 0; i < text.length; i++) {
    const byte = text.at(i);
    const lower = <u32>(byte - 0x41) < 26 ? byte | 0x20 : byte;
    if (lower != word.charCodeAt(i)) return false;
  }
  return true;
}

/** `#(…)`: the first element the query is true for. `#(…)#`: all of them. */
@final
export class QueryStep extends PathStep {
  constructor(
    private readonly query: Query,
    private readonly isAll: bool,
    /** For all matches: what follows per element, or null. */
    private readonly rest: JsonPath | null,
  ) {
    super();
  }

  override apply(value: JsonValue): JsonValue | null {
    if (!value.isArray) return null;
    const found = new Collection();
    const rest = this.rest;
    const cursor = value.entries();
    while (cursor.next()) {
      const element = cursor.value;
      if (!this.query.isTrueFor(element)) continue;
      if (!this.isAll) return element;
      const part = rest === null ? element : rest.read(element);
      if (part !== null) found.add(part);
    }
    return this.isAll ? found.toValue() : null;
  }
}
