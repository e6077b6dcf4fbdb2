import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { endsLine } from "./event-ends";

/** What came of a stream and has not gone out. Places are counted from the beginning of the stream. */
@final
export class HeldBytes {
  /** They begin a line. */
  isAtLineStart: bool = true;
  /** Where they begin. */
  start: i32 = 0;
  private readonly bytes: Builder = new Builder(0);

  get length(): i32 {
    return this.bytes.length;
  }

  /** Where they end. */
  get end(): i32 {
    return this.start + this.bytes.length;
  }

  append(chunk: Slice): void {
    this.bytes.append(chunk);
  }

  /** Those between two places; until more comes. */
  between(start: i32, end: i32): Slice {
    return this.bytes.view().sub(start - this.start, end - this.start);
  }

  /** All of them; until more comes. */
  view(): Slice {
    return this.bytes.view();
  }

  /** Forgets those before a place where an event ends. */
  drop(end: i32): void {
    this.bytes.drop(end - this.start);
    this.start = end;
    this.isAtLineStart = true;
  }

  /** Forgets all of them. */
  clear(): void {
    const bytes = this.bytes.view();
    if (bytes.isEmpty) return;
    this.start += bytes.length;
    this.isAtLineStart = endsLine(bytes.at(bytes.length - 1));
    this.bytes.clear();
  }
}
