import { JsonCursor, JsonType, JsonValue, listOf } from "@ai-gateway-wasm/as-json";
import { bytes, decimal, encodeUtf8, NO_BYTES, Slice, utf8Length } from "@ai-gateway-wasm/bytes";
import { ConfigErrors } from "./errors";
import { configFlag, configInteger, configText } from "./lenient";

/** A switch that may also be left alone. */
export const enum Tristate {
  Unset = -1,
  False = 0,
  True = 1,
}

const FALSE_OR_TRUE: string[] = ["false", "true"];

/**
 * Reads the fields of one JSON object of the configuration, as leniently as Higress's Go plugins
 * do (host.md 2.3), and writes down what is wrong together with the path of the field:
 *
 *   consumers[1].api_keys[0].expires_at: neither RFC 3339 nor unix seconds
 *
 * Texts it returns are copies: what is kept of a configuration does not keep the document alive,
 * secrets included.
 */
@final
export class ConfigReader {
  private readonly members: JsonCursor;

  constructor(
    /** The object; a value of another type has no fields. */
    readonly value: JsonValue,
    readonly errors: ConfigErrors,
    /** The object this one stands in, null for the top level. */
    private readonly parent: ConfigReader | null = null,
    /** The field of the parent. */
    private readonly field: string = "",
    /** Position in a list, -1 outside of one. */
    private readonly index: i32 = -1,
  ) {
    this.members = value.entries();
  }

  /** Where the object stands, such as `consumers[1].api_keys[0]`; empty for the top level. */
  get path(): string {
    const parent = this.parent;
    if (parent === null) return "";
    const path = parent.pathOf(this.field);
    return this.index < 0 ? path : path + "[" + decimal(this.index) + "]";
  }

  /** The reader of the whole document; it notes errors of its own when this one is an `attempt`. */
  get document(): ConfigReader {
    const parent = this.parent;
    return parent === null ? this : parent.document;
  }

  /** True when the field is there, with any value, null included. */
  has(field: string): bool {
    return this.seek(field);
  }

  /** The value of a field, or null when it is missing. */
  find(field: string): JsonValue | null {
    return this.seek(field) ? this.members.value : null;
  }

  /** True when the field is missing, null or an empty list. */
  isEmpty(field: string): bool {
    if (!this.seek(field)) return true;
    const type = this.members.valueType;
    return type == JsonType.Null || (type == JsonType.Array && this.members.value.count() == 0);
  }

  text(field: string, fallback: Slice = NO_BYTES): Slice {
    const value = this.find(field);
    return value === null ? fallback : configText(value).copy();
  }

  flag(field: string, fallback: bool = false): bool {
    const value = this.find(field);
    return value === null ? fallback : configFlag(value);
  }

  /** A flag that no peer reads: what is neither true nor false is an error, and not false. */
  strictFlag(field: string, fallback: bool): bool {
    return this.choice(field, FALSE_OR_TRUE, i32(fallback)) == 1;
  }

  tristate(field: string): Tristate {
    const value = this.find(field);
    if (value === null) return Tristate.Unset;
    return configFlag(value) ? Tristate.True : Tristate.False;
  }

  /** An integer in `[low, high]`; anything outside is an error. */
  integer(field: string, fallback: i64, low: i64 = i64.MIN_VALUE, high: i64 = i64.MAX_VALUE): i64 {
    const value = this.find(field);
    if (value === null) return fallback;
    const number = configInteger(value);
    if (number >= low && number <= high) return number;
    this.refuse(field, "must be between " + decimal(low) + " and " + decimal(high));
    return fallback;
  }

  /** One of `choices`, answered by its position; anything else is an error. */
  choice(field: string, choices: string[], fallback: i32): i32 {
    const value = this.find(field);
    if (value === null) return fallback;
    const text = configText(value);
    for (let i = 0; i < choices.length; i++) {
      if (text.equals(bytes(choices[i]))) return i;
    }
    let known = choices[0];
    for (let i = 1; i < choices.length; i++) known += ", " + choices[i];
    this.refuse(field, "must be one of " + known);
    return fallback;
  }

  /** The elements of a list; a single value counts as a list of one, null and missing as empty. */
  list(field: string): JsonValue[] {
    return listOf(this.find(field));
  }

  /** The elements of a list as texts. */
  texts(field: string): Slice[] {
    return textsOf(this.list(field));
  }

  /** The elements of a list as texts, or null when the field is missing. */
  optionalTexts(field: string): Slice[] | null {
    return this.has(field) ? this.texts(field) : null;
  }

  /** A reader for each element of a list. */
  objects(field: string): ConfigReader[] {
    const values = this.list(field);
    const readers: ConfigReader[] = [];
    for (let i = 0; i < values.length; i++) {
      readers.push(new ConfigReader(values[i], this.errors, this, field, i));
    }
    return readers;
  }

  /** A reader for an object field, or null when it is missing. */
  object(field: string): ConfigReader | null {
    const value = this.find(field);
    return value === null ? null : new ConfigReader(value, this.errors, this, field);
  }

  /** As `object`, but null as well when the field is null; a value of another type is an error. */
  block(field: string): ConfigReader | null {
    const block = this.object(field);
    if (block === null || block.value.isObject) return block;
    if (!block.value.isNull) this.refuse(field, "must be an object");
    return null;
  }

  /** The same object with errors of its own, for a part that may be refused alone. */
  attempt(): ConfigReader {
    return new ConfigReader(this.value, new ConfigErrors(), this.parent, this.field, this.index);
  }

  /** Refuses the configuration because of one field. */
  refuse(field: string, reason: string): void {
    this.errors.add(this.pathOf(field) + ": " + reason, true);
  }

  /** Refuses it because of one element of a list. */
  refuseElement(field: string, index: i32, reason: string): void {
    this.refuse(field + "[" + decimal(index) + "]", reason);
  }

  /** Refuses the configuration with a text that users of the peer know. */
  refuseWith(message: string): void {
    this.errors.add(message);
  }

  /** Moves to the field; false when it is missing. Allocates nothing: most fields are. */
  private seek(field: string): bool {
    const name = fieldName(field);
    this.members.restart();
    while (this.members.next()) {
      if (this.members.keyIs(name)) return true;
    }
    return false;
  }

  private pathOf(field: string): string {
    const path = this.path;
    return path.length == 0 ? field : path + "." + field;
  }
}

// A configuration of 10 000 consumers asks for some 300 000 fields. Their names are encoded into
// one buffer and looked at through one slice per length.
const LONGEST_NAME: i32 = 63;
const nameBuffer: StaticArray<u8> = new StaticArray<u8>(LONGEST_NAME);
const nameViews: StaticArray<Slice | null> = new StaticArray<Slice | null>(LONGEST_NAME + 1);

/** The bytes of a field name; valid until the next call. */
function fieldName(field: string): Slice {
  const length = utf8Length(field);
  if (length > LONGEST_NAME) return bytes(field);
  encodeUtf8(field, changetype<usize>(nameBuffer));
  const known = nameViews[length];
  if (known !== null) return known;
  const view = Slice.of(nameBuffer).sub(0, length);
  nameViews[length] = view;
  return view;
}

/** The texts of some values, each a copy. */
export function textsOf(values: JsonValue[]): Slice[] {
  const texts: Slice[] = [];
  for (let i = 0; i < values.length; i++) texts.push(configText(values[i]).copy());
  return texts;
}
