import { Slice } from "@ai-gateway-wasm/bytes";
import { Char, isBlank } from "./char";
import { JsonCursor } from "./cursor";
import { findQuote, skipContainer, skipNumber, skipWord } from "./scan";
import { JsonType, NO_VALUE, typeAt } from "./type";

/**
 * One value inside a JSON document. It is a view: it allocates nothing for its content and lives
 * as long as the document's bytes (`raw.owner`). A missing value is `null` in every API; JSON's
 * `null` is a value of type `Null`.
 *
 * The end of an array or object is found only when somebody asks for it.
 */
@final
export class JsonValue {
  /** Address after the last byte, 0 while nobody asked. */
  private end: usize = 0;

  constructor(
    readonly type: JsonType,
    /** Address of the first byte; only meaningful inside this package. */
    readonly at: usize,
    /** Address after the last byte of the document; only meaningful inside this package. */
    readonly limit: usize,
    /** What keeps the document alive; null: the callback arena. */
    readonly owner: StaticArray<u8> | null,
  ) {}

  get isNull(): bool {
    return this.type == JsonType.Null;
  }

  get isString(): bool {
    return this.type == JsonType.String;
  }

  get isNumber(): bool {
    return this.type == JsonType.Number;
  }

  get isBoolean(): bool {
    return this.type == JsonType.Boolean;
  }

  get isArray(): bool {
    return this.type == JsonType.Array;
  }

  get isObject(): bool {
    return this.type == JsonType.Object;
  }

  /** The bytes of the value as they stand in the document, quotes and inner blanks included. */
  get raw(): Slice {
    return new Slice(this.at, <i32>(this.endAddress() - this.at), this.owner);
  }

  /**
   * False when the document ends inside this value: a bracket is not closed, or a number or word
   * touches the end and might continue. A string that is cut off is never a value at all.
   */
  get isComplete(): bool {
    const end = this.endAddress();
    if (end < this.limit) return this.type < JsonType.Array || closes(this, end);
    return this.type == JsonType.String || (this.type >= JsonType.Array && closes(this, end));
  }

  /** The member with this key (first one wins), or null: missing, or not an object. */
  get(key: Slice): JsonValue | null {
    if (this.type != JsonType.Object) return null;
    const cursor = new JsonCursor(this);
    return cursor.seek(key) ? cursor.value : null;
  }

  /** The element at `index` counted from 0, or null: out of range, or not an array. */
  item(index: i32): JsonValue | null {
    if (this.type != JsonType.Array || index < 0) return null;
    const cursor = new JsonCursor(this);
    while (cursor.next()) {
      if (index-- == 0) return cursor.value;
    }
    return null;
  }

  /** Walks over members or elements; over nothing when the value is a scalar. */
  entries(): JsonCursor {
    return new JsonCursor(this);
  }

  /** Number of members or elements, 0 for scalars. */
  count(): i32 {
    const cursor = new JsonCursor(this);
    let count = 0;
    while (cursor.next()) count++;
    return count;
  }

  /** Address after the last byte; the end of the document when the value is cut off. */
  endAddress(): usize {
    if (this.end == 0) this.end = findEnd(this.type, this.at, this.limit);
    return this.end;
  }

  /** Notes where an array of valid JSON ends, whose last element ends at `at`. */
  endsBehind(at: usize): void {
    while (at < this.limit && load<u8>(at) != Char.CloseSquare) at++;
    this.end = min(at + 1, this.limit);
  }
}

/** A container may run to the end of the text both closed and cut off: the last byte tells. */
function closes(value: JsonValue, end: usize): bool {
  if (value.type < JsonType.Array) return true;
  return skipContainer(value.at + 1, end) != 0;
}

/** Address after the value of this type at `at`; `limit` when it is cut off. */
export function findEnd(type: JsonType, at: usize, limit: usize): usize {
  let end: usize;
  if (type == JsonType.String) {
    end = findQuote(at + 1, limit);
    if (end != 0) end++;
  } else if (type >= JsonType.Array) {
    end = skipContainer(at + 1, limit);
  } else if (type == JsonType.Number) {
    end = skipNumber(at, limit);
  } else {
    end = skipWord(at, limit);
  }
  return end == 0 ? limit : end;
}

/** The value that begins at exactly this address, or null: none, or a string that is cut off. */
export function valueAt(at: usize, limit: usize, owner: StaticArray<u8> | null): JsonValue | null {
  const type = typeAt(at, limit);
  if (type == NO_VALUE) return null;
  if (type == JsonType.String && findQuote(at + 1, limit) == 0) return null;
  return new JsonValue(type, at, limit, owner);
}

/**
 * The value a text begins with, unvalidated, for bodies: blanks before it are skipped, what
 * follows it is ignored. Null when the first other byte begins no value.
 */
export function readJson(text: Slice): JsonValue | null {
  const end = text.ptr + <usize>text.length;
  let at = text.ptr;
  while (at < end && isBlank(load<u8>(at))) at++;
  return valueAt(at, end, text.owner);
}

/**
 * The first array or object in a text, unvalidated, for SSE data: everything before the first `{`
 * or `[` is skipped. Null when there is none.
 */
export function findJson(text: Slice): JsonValue | null {
  const end = text.ptr + <usize>text.length;
  for (let at = text.ptr; at < end; at++) {
    const byte = load<u8>(at);
    if (byte == Char.OpenCurly || byte == Char.OpenSquare) {
      return valueAt(at, end, text.owner);
    }
  }
  return null;
}
