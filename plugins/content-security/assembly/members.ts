import { JsonValue } from "@ai-gateway-wasm/as-json";
import { equalsIgnoreCase, Slice } from "@ai-gateway-wasm/bytes";

/** More members than any API has: looking for two of one name takes the square of their number. */
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
    for (let i = 1; i < this.keys.length; i++) {
      for (let k = 0; k < i; k++) if (equalsIgnoreCase(this.keys[i], this.keys[k])) return true;
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
