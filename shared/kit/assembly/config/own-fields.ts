import { isInteger, JsonValue } from "@ai-gateway-wasm/as-json";
import { equalsIgnoreCase, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { configText } from "./lenient";
import { ConfigReader } from "./reader";

/**
 * The fields of an object that no peer reads, which need not be read as it would.
 *
 *   mask:          null, left out: the default
 *   mask: "TRUE"   as with `ConfigReader`
 *   mask: "yes"    refused; `ConfigReader` has false
 */
@final
export class OwnFields {
  constructor(readonly reader: ConfigReader) {}

  /** The reader of an object of ours; null: there is none, or it is no object, which is refused. */
  static objectIn(parent: ConfigReader, field: string): OwnFields | null {
    const object = new OwnFields(parent).object(field);
    if (object === null || object.reader.value.isObject) return object;
    parent.refuse(field, "must be an object");
    return null;
  }

  has(field: string): bool {
    const value = this.reader.find(field);
    return value !== null && !value.isNull;
  }

  text(field: string, fallback: Slice = NO_BYTES): Slice {
    return this.has(field) ? this.reader.text(field) : fallback;
  }

  flag(field: string, fallback: bool = false): bool {
    const value = this.reader.find(field);
    if (value === null || value.isNull) return fallback;
    if (!isFlag(value)) this.refuse(field, "must be true or false");
    return this.reader.flag(field);
  }

  /** An integer in `[low, high]`; anything else is an error. */
  integer(field: string, fallback: i64, low: i64, high: i64): i64 {
    const value = this.reader.find(field);
    if (value === null || value.isNull) return fallback;
    const isRead = value.isNumber || (value.isString && isInteger(configText(value)));
    if (!isRead) this.refuse(field, "must be a number");
    return this.reader.integer(field, fallback, low, high);
  }

  /** One of `choices`, answered by its position; anything else is an error. */
  choice(field: string, choices: string[], fallback: i32): i32 {
    return this.has(field) ? this.reader.choice(field, choices, fallback) : fallback;
  }

  list(field: string): JsonValue[] {
    return this.reader.list(field);
  }

  /** The elements of a list as texts; null: it is left out. */
  texts(field: string): Slice[] | null {
    return this.has(field) ? this.reader.texts(field) : null;
  }

  /** The elements of a list of texts, none when it is left out; anything else is an error. */
  names(field: string): Slice[] {
    const value = this.reader.find(field);
    if (value === null || value.isNull) return [];
    let isRefused = !value.isArray;
    const elements = this.reader.list(field);
    for (let i = 0; i < elements.length; i++) if (!elements[i].isString) isRefused = true;
    if (isRefused) this.refuse(field, "must be a list of strings");
    return this.reader.texts(field);
  }

  /** Refuses what is none of these fields: who misspells one does not get what he asks for. */
  refuseOthers(fields: string[]): void {
    const members = this.reader.value.entries();
    while (members.next()) {
      const name = members.key.toString();
      if (!fields.includes(name)) this.refuse(name, "is no field of this object");
    }
  }

  /** Null: it is left out. */
  object(field: string): OwnFields | null {
    const reader = this.has(field) ? this.reader.object(field) : null;
    return reader === null ? null : new OwnFields(reader);
  }

  refuse(field: string, reason: string): void {
    this.reader.refuse(field, reason);
  }
}

/** Whether a value means true or false, to Go as well. */
function isFlag(value: JsonValue): bool {
  if (value.isBoolean || value.isNumber) return true;
  if (!value.isString) return false;
  const text = configText(value);
  if (text.length == 1) return "01tfTF".includes(text.toString());
  return equalsIgnoreCase(text, bytes("true")) || equalsIgnoreCase(text, bytes("false"));
}
