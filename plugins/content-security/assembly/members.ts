import { JsonValue } from "@ai-gateway-wasm/as-json";
import { bytes, equalsIgnoreCase, Slice } from "@ai-gateway-wasm/bytes";
import { CONTENT, INPUT, MESSAGES, TEXT } from "./words";

/** More members than any API has. */
const MAX_MEMBERS: i32 = 200;

/** A letter that Go's reader of JSON takes for an s; the names below have no k, which has one, too. */
const LONG_S: Slice = bytes("\u017f");
/** What texts are looked for by, in objects that have a reader of their own in servers. */
const NAMES: Slice[] = [
  CONTENT,
  INPUT,
  MESSAGES,
  TEXT,
  bytes("prompt"),
  bytes("system"),
  bytes("instructions"),
  bytes("method"),
  bytes("params"),
  bytes("arguments"),
];

/** The members of an object, read in one pass. Views of the document: they live as long as it does. */
@final
export class Members {
  private readonly keys: Slice[] = [];
  private readonly values: JsonValue[] = [];
  /** There are more than are kept here. */
  private isCrowded: bool = false;

  /** @param object null, or another value: there are none */
  constructor(private readonly object: JsonValue | null) {
    if (object !== null && object.isObject) this.read(object);
  }

  /** The first one of that name; null: there is none. */
  get(name: Slice): JsonValue | null {
    for (let i = 0; i < this.keys.length; i++) {
      if (this.keys[i].equals(name)) return this.values[i];
    }
    const object = this.object;
    return this.isCrowded && object !== null ? object.get(name) : null;
  }

  /**
   * Two have the same name, but for the case of letters: parsers disagree about which counts. So they
   * do about a name that is one of ours but for that.
   */
  get haveTwins(): bool {
    const keys = this.keys;
    let size = 16;
    while (size < keys.length << 1) size <<= 1;
    const slots = new StaticArray<i32>(size);
    for (let i = 0; i < keys.length; i++) {
      if (isOdd(keys[i])) return true;
      let slot = hash(keys[i]) & (size - 1);
      for (; slots[slot] > 0; slot = (slot + 1) & (size - 1)) {
        if (equalsIgnoreCase(keys[i], keys[slots[slot] - 1])) return true;
      }
      slots[slot] = i + 1;
    }
    return this.isCrowded;
  }

  private read(object: JsonValue): void {
    const members = object.entries();
    while (!this.isCrowded && members.next()) {
      this.values.push(members.value);
      this.isCrowded = this.keys.push(members.key) > MAX_MEMBERS;
    }
  }
}

/** One of our names to some parsers alone: `Messages`. */
function isOdd(name: Slice): bool {
  for (let i = 0; i < NAMES.length; i++) {
    if (equalsIgnoreCase(name, NAMES[i]) && !name.equals(NAMES[i])) return true;
  }
  return name.find(LONG_S) >= 0;
}

/** Whatever the case of letters. Keys that are made to have the same one cost what all did before. */
function hash(key: Slice): i32 {
  let state: i32 = key.length;
  for (let i = 0; i < key.length; i++) state = (state ^ (key.at(i) | 0x20)) * 0x01000193;
  return state ^ (state >> 15);
}
