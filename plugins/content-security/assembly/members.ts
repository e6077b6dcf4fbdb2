import { JsonValue } from "@ai-gateway-wasm/as-json";
import { equalsIgnoreCase, Slice } from "@ai-gateway-wasm/bytes";

/** More members than any API has. */
const MAX_MEMBERS: i32 = 200;

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

  /** Two have the same name, but for the case of letters: parsers disagree about which counts. */
  get haveTwins(): bool {
    const keys = this.keys;
    let size = 16;
    while (size < keys.length << 1) size <<= 1;
    const slots = new StaticArray<i32>(size);
    for (let i = 0; i < keys.length; i++) {
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

/** Whatever the case of letters. Keys that are made to have the same one cost what all did before. */
function hash(key: Slice): i32 {
  let state: i32 = key.length;
  for (let i = 0; i < key.length; i++) state = (state ^ (key.at(i) | 0x20)) * 0x01000193;
  return state ^ (state >> 15);
}
