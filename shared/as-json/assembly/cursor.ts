import { sameBytes, Slice } from "@ai-gateway-wasm/bytes";
import { Char, isBlank } from "./char";
import { findBackslash, findQuote, skipContainer } from "./scan";
import { readUnit, unescape, unescapesTo } from "./unescape";
import { JsonType, NO_VALUE, typeAt } from "./type";
import { JsonValue, findEnd } from "./value";

/** Not letters of ASCII, and `s` and `k` to those that ignore case. */
const LONG_S: i32 = 0x17f;
const KELVIN: i32 = 0x212a;

/**
 * Walks over the members of an object or the elements of an array, one forward pass, allocating
 * only for the entries somebody looks at:
 *
 *   const cursor = value.entries();
 *   while (cursor.next()) if (cursor.keyIs(MODEL)) return cursor.value;
 *
 * Malformed text is walked over as GJSON does, without complaint: bytes that begin no value are
 * skipped, and a cut-off document ends the walk after its last value.
 */
@final
export class JsonCursor {
  private readonly limit: usize;
  private readonly owner: StaticArray<u8> | null;
  /** It walks over members. */
  private isObject: bool = false;
  /** Where the first entry may begin; 0 for scalars, which have none. */
  private start: usize = 0;
  /** Where the search for the next entry begins; 0 once the end was reached. */
  private at: usize = 0;
  private keyAt: usize = 0;
  private keyEnd: usize = 0;
  private type: i32 = NO_VALUE;
  private valueAt: usize = 0;
  /** The present value once it was asked for: it may know its end already. */
  private found: JsonValue | null = null;
  /** What `inner` gives. */
  private below: JsonCursor | null = null;

  constructor(container: JsonValue) {
    this.limit = container.limit;
    this.owner = container.owner;
    this.enter(container.type, container.at);
  }

  /**
   * Walks over the entries of the present value: the same cursor for each of them, so that a million
   * take no memory. What it says holds until the next call.
   */
  inner(): JsonCursor {
    let below = this.below;
    if (below === null) {
      below = new JsonCursor(this.value);
      this.below = below;
    } else {
      below.enter(this.type, this.valueAt);
    }
    return below;
  }

  private enter(type: i32, at: usize): void {
    this.isObject = type == JsonType.Object;
    this.start = type >= JsonType.Array ? at + 1 : 0;
    this.restart();
  }

  /** Back to before the first entry, so that one cursor serves many look-ups. */
  restart(): void {
    this.found = null;
    this.type = NO_VALUE;
    this.at = this.start;
  }

  /** Moves to the next entry; false when there is none. */
  next(): bool {
    if (this.type != NO_VALUE) this.at = this.endOfValue();
    this.found = null;
    this.type = NO_VALUE;
    while (this.at != 0) {
      if (this.isObject && !this.findKey()) break;
      if (this.findValue()) return true;
    }
    this.at = 0;
    return false;
  }

  /** Moves on to the next member with this key; false when there is none. */
  seek(key: Slice): bool {
    while (this.next()) {
      if (this.keyIs(key)) return true;
    }
    return false;
  }

  /** The present key without quotes, unescaped; empty in an array. */
  get key(): Slice {
    return unescape(this.rawKey);
  }

  /** The present key without quotes, as it stands in the document; empty in an array. */
  get rawKey(): Slice {
    return new Slice(this.keyAt, <i32>(this.keyEnd - this.keyAt), this.owner);
  }

  /** Whether the present key, unescaped, equals `name`. */
  keyIs(name: Slice): bool {
    return this.isObject && isKey(this.keyAt, this.keyEnd, name);
  }

  /**
   * Whether the present key is `name` to parsers that ignore the case of letters, such as Go's: exact
   * keys are among them.
   */
  keyIsLike(name: Slice): bool {
    return this.isObject && isLikeKey(this.keyAt, this.keyEnd, name);
  }

  /** The present value. Only after `next()` answered true. */
  get value(): JsonValue {
    let value = this.found;
    if (value === null) {
      value = new JsonValue(this.type, this.valueAt, this.limit, this.owner);
      this.found = value;
    }
    return value;
  }

  /** Type of the present value, without allocating. */
  get valueType(): JsonType {
    return this.type;
  }

  /** Address of the present value; only meaningful inside this package. */
  get address(): usize {
    return this.valueAt;
  }

  /** Whether the present value is this text. Allocates nothing. */
  valueIs(text: Slice): bool {
    return this.type == JsonType.String && isKey(this.valueAt + 1, this.endOfValue() - 1, text);
  }

  private endOfValue(): usize {
    const value = this.found;
    return value === null ? findEnd(this.type, this.valueAt, this.limit) : value.endAddress();
  }

  /** Leaves the present value. @returns address after it; only meaningful inside this package */
  pass(): usize {
    this.at = this.endOfValue();
    this.type = NO_VALUE;
    return this.at;
  }

  /** What it walks over is an object. */
  get hasKeys(): bool {
    return this.isObject;
  }

  /** Address of the present entry, in an object the quote of its key; only inside this package. */
  get entryAddress(): usize {
    return this.isObject ? this.keyAt - 1 : this.valueAt;
  }

  /** False when the document ends inside of what it walks over. */
  get isClosed(): bool {
    return this.start != 0 && skipContainer(this.start, this.limit) != 0;
  }

  /** Reads the next key; false at the end of the object. */
  private findKey(): bool {
    let at = this.at;
    while (at < this.limit) {
      const byte = load<u8>(at++);
      if (isClosing(byte)) return false;
      if (byte != Char.Quote) continue;
      const end = findQuote(at, this.limit);
      if (end == 0) return false;
      this.keyAt = at;
      this.keyEnd = end;
      this.at = end + 1;
      return true;
    }
    return false;
  }

  /** Reads the next value; false when this entry has none, and `at` is 0 when there is no other. */
  private findValue(): bool {
    let at = this.at;
    this.at = 0;
    for (; at < this.limit; at++) {
      const byte = load<u8>(at);
      if (isBlank(byte) || byte == Char.Colon) continue;
      const type = typeAt(at, this.limit);
      if (type != NO_VALUE) {
        if (type == JsonType.String && findQuote(at + 1, this.limit) == 0) return false;
        this.type = type;
        this.valueAt = at;
        return true;
      }
      if (isClosing(byte) && !this.isObject) return false;
      if (this.isObject && (byte == Char.Comma || isClosing(byte))) {
        this.at = at; // a key without a value: go on with the next member
        return false;
      }
    }
    return false;
  }
}

/** Whether the key in `[at, end)`, quotes left out, is this name once it is unescaped. */
export function isKey(at: usize, end: usize, name: Slice): bool {
  const length = <i32>(end - at);
  // An escape is always longer than the character it stands for.
  if (length < name.length) return false;
  if (length == name.length) return sameBytes(at, name.ptr, length) && !hasEscape(name);
  // And has six bytes at most for each of what it stands for.
  if (length > 6 * name.length || findBackslash(at, end) == 0) return false;
  return unescapesTo(at, end, name);
}

/** The same without regard to case; U+017F folds to `s`, U+212A to `k`. */
function isLikeKey(at: usize, end: usize, name: Slice): bool {
  for (let i = 0; i < name.length; i++) {
    let char: i32 = at < end ? load<u8>(at) : -1;
    if (char == Char.Backslash) {
      char = readUnit(at, end);
      at += 5;
    } else if (char == 0xc5 && load<u8>(at, 1) == 0xbf) {
      char = LONG_S;
      at++;
    } else if (char == 0xe2 && at + 2 < end && load<u16>(at, 1) == 0xaa84) {
      char = KELVIN;
      at += 2;
    }
    at++;
    if (char == LONG_S) char = 0x73;
    if (char == KELVIN) char = 0x6b;
    const difference = char ^ name.at(i);
    const isLetter = <u32>((char | 0x20) - 0x61) < 26;
    if (difference != 0 && !(difference == 0x20 && isLetter)) return false;
  }
  return at == end;
}

/** Both kinds count alike, as in `skipContainer`, so that a walk never leaves its container. */
function isClosing(byte: i32): bool {
  return (byte | 0x20) == Char.CloseCurly;
}

function hasEscape(text: Slice): bool {
  return findBackslash(text.ptr, text.ptr + <usize>text.length) != 0;
}
