import {
  appendDecimal,
  isInteger,
  isValidJson,
  JsonValue,
  numberOf,
  stringOf,
  textOf,
} from "@ai-gateway-wasm/as-json";
import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { canonicalText, MAX_ATTRIBUTE_DEPTH } from "@ai-gateway-wasm/kit/canonical-json";
import { goText } from "@ai-gateway-wasm/kit/attributes";
import { cut } from "./cut";
import { LogRecord } from "./log-record";

const NULL: Slice = bytes("null");
const NIL: Slice = bytes("<nil>");
/** Bytes of an array or object that is printed as Go does, which costs memory for each of its values. */
const MOST_PRINTED: i32 = 64 * 1024;

const enum Kind {
  Null,
  Text,
  /** Number, `true` or `false`. */
  Scalar,
  /** Array or object. */
  Json,
  /** An object that is logged as a text. */
  Details,
  /** Calls of tools that this plugin put together. */
  Calls,
}

/** What an attribute was found to be. Memory of its own, or of the running callback. */
@final
export class Value {
  /** For the functions below. */
  constructor(
    private readonly kind: Kind,
    /** The text of a text, else JSON. */
    private readonly content: Slice,
    /** Null unless it is an array or object. */
    private readonly json: JsonValue | null = null,
    /** Whether it lost its middle already. */
    readonly isCut: bool = false,
    /** Calls of tools as the peer prints them. */
    private readonly printed: Slice = NO_BYTES,
  ) {}

  static ofText(text: Slice): Value {
    return new Value(Kind.Text, text);
  }

  /** A text that was cut while it was put together. */
  static ofCut(text: Slice): Value {
    return new Value(Kind.Text, text, null, true);
  }

  static nothing(): Value {
    return new Value(Kind.Null, NULL);
  }

  /** Counts of tokens: a JSON object that the peer logs as a text. */
  static ofDetails(json: Slice): Value {
    return new Value(Kind.Details, json);
  }

  /**
   * Calls of tools. The peer has structures for them, whose members keep their order.
   *
   * @param json as it is to stand in the log @param printed as it is to stand in a span
   */
  static ofCalls(json: Slice, printed: Slice): Value {
    return new Value(Kind.Calls, json, null, false, printed);
  }

  static ofInteger(value: i64): Value {
    return new Value(Kind.Scalar, new Builder(24).appendInteger(value).view());
  }

  /** @param json not null: a missing value is no value */
  static ofJson(json: JsonValue): Value {
    if (json.isNull) return Value.nothing();
    if (json.isString) return Value.ofText(stringOf(json));
    if (json.isNumber) return new Value(Kind.Scalar, json.raw, json);
    if (json.isBoolean) return new Value(Kind.Scalar, textOf(json));
    return new Value(Kind.Json, json.raw, json);
  }

  /** Null or an empty text: a fallback takes its place. */
  get isEmpty(): bool {
    return this.kind == Kind.Null || (this.kind == Kind.Text && this.content.isEmpty);
  }

  get isNull(): bool {
    return this.kind == Kind.Null;
  }

  /** Counts of tokens. */
  get isDetails(): bool {
    return this.kind == Kind.Details;
  }

  /** A copy: the bytes of an event go away, also those that have an owner. */
  kept(): Value {
    if (this.json === null) return new Value(this.kind, this.content.copy());
    // Containers are read again where they are now.
    const json = this.canonical();
    if (json === null) return Value.ofText(this.content.copy());
    return this.kind == Kind.Scalar ? new Value(Kind.Scalar, json) : new Value(Kind.Json, json);
  }

  /** Notes it as it is to stand in `ai_log`. */
  logTo(record: LogRecord, key: Slice, limit: i32): void {
    if (this.kind == Kind.Details || this.isCut) return record.setText(key, this.content);
    if (this.kind == Kind.Text) return record.setText(key, lasting(cut(this.content, limit)));
    const json = this.canonical();
    if (json === null) record.setText(key, lasting(cut(this.content, limit)));
    else if (json.length > limit) record.setText(key, cut(json, limit));
    else record.setJson(key, json.kept());
  }

  /** As it stands in a property of its own. */
  toField(limit: i32): Slice {
    const text = this.text();
    if (this.isCut || text.length <= limit) return text;
    const json = this.kind >= Kind.Json ? this.canonical() : text;
    return cut(json !== null ? json : this.content, limit);
  }

  /** As it stands in a span tag. */
  toTag(): Slice {
    return this.kind == Kind.Null ? NIL : this.text();
  }

  /** For people: the text of a text, else JSON as it stands. */
  plain(): Slice {
    return this.content;
  }

  /** As Go prints it, but numbers in plain decimal; what is long stands as JSON. */
  text(): Slice {
    const json = this.json;
    if (this.kind == Kind.Scalar && json !== null) return numberText(json);
    if (this.kind == Kind.Calls) return this.printed;
    if (this.kind != Kind.Json) return this.content;
    const isShort = this.content.length <= MOST_PRINTED;
    return json !== null && isShort && isValidJson(this.content, MAX_ATTRIBUTE_DEPTH)
      ? goText(json)
      : this.content;
  }

  /** JSON as Go writes it; null where it is none, or has a number that no double holds. */
  private canonical(): Slice | null {
    const json = this.json;
    if (json === null) return this.content;
    const isKnown = this.kind == Kind.Scalar || isValidJson(this.content, MAX_ATTRIBUTE_DEPTH);
    return isKnown ? canonicalText(json) : null;
  }
}

/** A text that stays for a while: a small part of a body does not keep all of it. */
function lasting(text: Slice): Slice {
  const owner = text.owner;
  return owner !== null && owner.length > text.length * 2 ? text.copy() : text;
}

/** A number in plain decimal. */
function numberText(json: JsonValue): Slice {
  const raw = json.raw;
  if (isInteger(raw)) return raw;
  const out = new Builder(24);
  appendDecimal(out, numberOf(json));
  return out.view();
}
