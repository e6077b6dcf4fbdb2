import { boolOf, integerOf, JsonValue, listOf, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, decimal, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigErrors } from "./errors";

/** A switch that may also be left alone. */
export const enum Tristate {
  Unset = -1,
  False = 0,
  True = 1,
}

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
  constructor(
    /** The object; a value of another type has no fields. */
    readonly value: JsonValue,
    /** Where it stands, empty for the top level. */
    readonly path: string,
    readonly errors: ConfigErrors,
  ) {}

  /** True when the field is there, with any value, null included. */
  has(field: string): bool {
    return this.find(field) !== null;
  }

  /** The value of a field, or null when it is missing. */
  find(field: string): JsonValue | null {
    return this.value.get(bytes(field));
  }

  text(field: string, fallback: Slice = NO_BYTES): Slice {
    const value = this.find(field);
    return value === null ? fallback : textOf(value).copy();
  }

  flag(field: string, fallback: bool = false): bool {
    const value = this.find(field);
    return value === null ? fallback : boolOf(value);
  }

  tristate(field: string): Tristate {
    const value = this.find(field);
    if (value === null) return Tristate.Unset;
    return boolOf(value) ? Tristate.True : Tristate.False;
  }

  /** An integer in `[low, high]`; anything outside is an error. */
  integer(field: string, fallback: i64, low: i64 = i64.MIN_VALUE, high: i64 = i64.MAX_VALUE): i64 {
    const value = this.find(field);
    if (value === null) return fallback;
    const number = integerOf(value);
    if (number >= low && number <= high) return number;
    this.refuse(field, "must be between " + decimal(low) + " and " + decimal(high));
    return fallback;
  }

  /** One of `choices`, answered by its position; anything else is an error. */
  choice(field: string, choices: string[], fallback: i32): i32 {
    const value = this.find(field);
    if (value === null) return fallback;
    const text = textOf(value);
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
      readers.push(
        new ConfigReader(values[i], this.pathOf(field) + "[" + decimal(i) + "]", this.errors),
      );
    }
    return readers;
  }

  /** A reader for an object field, or null when it is missing. */
  object(field: string): ConfigReader | null {
    const value = this.find(field);
    return value === null ? null : new ConfigReader(value, this.pathOf(field), this.errors);
  }

  /** The same object with errors of its own, for a part that may be refused alone. */
  attempt(): ConfigReader {
    return new ConfigReader(this.value, this.path, new ConfigErrors());
  }

  /** Refuses the configuration because of one field. */
  refuse(field: string, reason: string): void {
    this.errors.add(this.pathOf(field) + ": " + reason);
  }

  /** Refuses the configuration with a text that users of the peer know. */
  refuseWith(message: string): void {
    this.errors.add(message);
  }

  private pathOf(field: string): string {
    return this.path.length == 0 ? field : this.path + "." + field;
  }
}

/** The texts of some values, each a copy. */
export function textsOf(values: JsonValue[]): Slice[] {
  const texts: Slice[] = [];
  for (let i = 0; i < values.length; i++) texts.push(textOf(values[i]).copy());
  return texts;
}
