import { JsonValue } from "@ai-gateway-wasm/as-json";
import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";

/**
 * The fields of an object that no peer reads. Null counts as left out: `cacheKeyPartition:` with nothing
 * behind it, in YAML, means the default and not an empty list. All else is as with `ConfigReader`.
 */
@final
export class OwnFields {
  constructor(readonly reader: ConfigReader) {}

  has(field: string): bool {
    const value = this.reader.find(field);
    return value !== null && !value.isNull;
  }

  text(field: string, fallback: Slice = NO_BYTES): Slice {
    return this.has(field) ? this.reader.text(field) : fallback;
  }

  flag(field: string, fallback: bool = false): bool {
    return this.has(field) ? this.reader.flag(field) : fallback;
  }

  /** An integer in `[low, high]`; anything outside is an error. */
  integer(field: string, fallback: i64, low: i64, high: i64): i64 {
    return this.has(field) ? this.reader.integer(field, fallback, low, high) : fallback;
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

  /** Null: it is left out. */
  object(field: string): OwnFields | null {
    const reader = this.has(field) ? this.reader.object(field) : null;
    return reader === null ? null : new OwnFields(reader);
  }

  refuse(field: string, reason: string): void {
    this.reader.refuse(field, reason);
  }
}
