import { JsonType, JsonValue } from "@ai-gateway-wasm/as-json";
import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";

/** What an embedding service answered. */
@final
export class Embedding {
  constructor(
    /** A JSON array of numbers, in memory of its own; no bytes: there is none. */
    readonly vector: Slice,
    /** Why there is none, for a log line; holds nothing of the answer. */
    readonly failure: string,
  ) {}

  static of(vector: Slice): Embedding {
    return new Embedding(vector, "");
  }

  static failed(reason: string): Embedding {
    return new Embedding(NO_BYTES, reason);
  }

  get isMissing(): bool {
    return this.vector.isEmpty;
  }
}

/** The bytes of an array that holds numbers and nothing else, at least one; null: it is none. */
export function vectorOf(value: JsonValue | null): Slice | null {
  if (value === null || !value.isArray) return null;
  const elements = value.entries();
  let count = 0;
  for (; elements.next(); count++) {
    if (elements.valueType != JsonType.Number) return null;
  }
  return count > 0 ? value.raw.kept() : null;
}
