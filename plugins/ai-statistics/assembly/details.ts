import { integerOf, JsonWriter, readJson } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { MAX_COUNT } from "@ai-gateway-wasm/llm";

const EMPTY: Slice = bytes("{}");
/** Names that an answer may have, and their bytes; none has a dozen. */
const MOST_NAMES: i32 = 64;
const LONGEST_NAME: i32 = 64;

/** Counts of one kind of tokens by name, as an answer's usage has them in detail. */
@final
export class Details {
  /** Sorted. */
  private readonly names: Slice[] = [];
  private readonly counts: i64[] = [];

  get isEmpty(): bool {
    return this.names.length == 0;
  }

  /** Takes the members of an object, the first of too many; no bytes for none. */
  read(object: Slice): void {
    // One copy for all names.
    const json = !object.isEmpty ? readJson(object.copy()) : null;
    if (json === null) return;
    const members = json.entries();
    while (this.names.length < MOST_NAMES && members.next()) {
      const name = members.key;
      if (name.length <= LONGEST_NAME) this.set(name, integerOf(members.value));
    }
  }

  /** Sets a count. @param name in memory of its own */
  set(name: Slice, count: i64): void {
    let at = 0;
    while (at < this.names.length && this.names[at].compare(name) < 0) at++;
    if (at < this.names.length && this.names[at].equals(name)) {
      this.counts[at] = count;
      return;
    }
    this.names.push(name);
    this.counts.push(count);
    for (let i = this.names.length - 1; i > at; i--) {
      this.names[i] = this.names[i - 1];
      this.counts[i] = this.counts[i - 1];
    }
    this.names[at] = name;
    this.counts[at] = count;
  }

  /** Position of a name, or -1. */
  find(name: Slice): i32 {
    for (let i = 0; i < this.names.length; i++) if (this.names[i].equals(name)) return i;
    return -1;
  }

  /** A count, from 0 to `MAX_COUNT`; 0 when there is none of this name. */
  count(name: Slice): i64 {
    const at = this.find(name);
    return at < 0 ? 0 : max(0, min(this.counts[at], MAX_COUNT));
  }

  toJson(): Slice {
    if (this.isEmpty) return EMPTY;
    const json = new JsonWriter().openObject();
    for (let i = 0; i < this.names.length; i++)
      json.keyBytes(this.names[i]).integer(this.counts[i]);
    return json.closeObject().toSlice();
  }
}

/** What answers have that say nothing in detail. Nothing is ever put into it. */
export const NO_DETAILS: Details = new Details();
