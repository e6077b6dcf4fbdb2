import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { FIRST_NUMBER, Field, isDetails } from "./field";
import { readCount } from "./count";

/** Bytes of texts kept of one document. */
const MAX_TEXTS: i32 = 32 * 1024;

/** What was found of one JSON document of a response, by field; the first of equal paths counts. */
@final
export class UsageDocument {
  /** Whether the document has a `usage` or `usageMetadata`, be it null. */
  hasUsage: bool = false;
  /** How many values were dropped because they were too long to keep. */
  dropped: i32 = 0;

  /** Bit n: field n was found. */
  private found: u64 = 0;
  private readonly numbers: StaticArray<i64> = new StaticArray<i64>(Field.Count - FIRST_NUMBER);
  /** The texts, one after the other; a text ends where `ends` says and begins at `starts`. */
  private readonly texts: Builder = new Builder(0);
  private readonly starts: StaticArray<i32> = new StaticArray<i32>(FIRST_NUMBER);
  private readonly ends: StaticArray<i32> = new StaticArray<i32>(FIRST_NUMBER);

  /** Forgets everything found: another document begins. */
  clear(): void {
    this.found = 0;
    this.hasUsage = false;
    this.texts.clear();
  }

  /** How many values were dropped since this was asked last. */
  takeDropped(): i32 {
    const dropped = this.dropped;
    this.dropped = 0;
    return dropped;
  }

  has(field: i32): bool {
    return ((this.found >> field) & 1) != 0;
  }

  /** The first field of `[from, to]` that was found, or -1. */
  first(from: Field, to: Field): i32 {
    const range = (((<u64>2) << to) - 1) & ~(((<u64>1) << from) - 1);
    const found = this.found & range;
    return found == 0 ? -1 : <i32>ctz(found);
  }

  /** A number that was found, from 0 to `MAX_COUNT`. */
  number(field: i32): i64 {
    return this.numbers[field - FIRST_NUMBER];
  }

  /** The JSON of a text that was found, valid until the next document; nothing for details that are no object. */
  text(field: i32): Slice {
    return this.texts.view().sub(this.starts[field], this.ends[field]);
  }

  /** Notes a value, `length` bytes of JSON at `at`; a number that is not finite is as good as none. */
  note(field: i32, at: usize, length: i32): void {
    if (field < FIRST_NUMBER) {
      if (this.texts.length + length > MAX_TEXTS) {
        this.dropped++;
        return;
      }
      this.starts[field] = this.texts.length;
      this.texts.appendRaw(at, length);
      this.ends[field] = this.texts.length;
    } else {
      const count = readCount(at, length);
      if (count < 0) return;
      this.numbers[field - FIRST_NUMBER] = count;
    }
    this.found |= (<u64>1) << field;
  }

  /** Notes that the value is there, but of a type that says nothing: 0, or no text. */
  noteEmpty(field: i32): void {
    this.note(field, NO_BYTES.ptr, 0);
  }
}

/** Whether a value that begins with this byte is kept: details only as an object, others as scalar. */
export function keeps(field: i32, firstByte: u8): bool {
  if (isDetails(field)) return firstByte == 0x7b; // {
  return firstByte != 0x7b && firstByte != 0x5b; // [
}
