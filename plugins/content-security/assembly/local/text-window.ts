import { Builder, Slice } from "@ai-gateway-wasm/bytes";

/** What borders and assertions look at before a match: two bytes, and whole characters. */
const CONTEXT: i32 = 2;
/** Bytes that may follow the first one of a character. */
const MAX_FOLLOWING: i32 = 3;
/** Fewer bytes than these are not worth moving the rest. */
const WORTH_MOVING: i32 = 1024;

/**
 * The end of a text that arrives in pieces: what is not settled, and some bytes before it.
 *
 *   …already gone… │ context │ not settled
 *                  base
 */
@final
export class TextWindow {
  /** Where the window begins in the text. */
  base: i32 = 0;
  private readonly bytes: Builder = new Builder(0);

  append(piece: Slice): void {
    this.bytes.append(piece);
  }

  /** Bytes of the text so far. */
  get end(): i32 {
    return this.base + this.bytes.length;
  }

  /** The bytes of the window, until the next change. */
  view(): Slice {
    return this.bytes.view();
  }

  /** A copy of what stands in the text from `start` to `end`. */
  copy(start: i32, end: i32): Slice {
    return this.view()
      .sub(start - this.base, end - this.base)
      .copy();
  }

  /** Lets go of what stands before a position of the text, but for the context. */
  release(position: i32): void {
    let at = position - this.base - CONTEXT;
    if (at < WORTH_MOVING) return;
    const view = this.view();
    for (let i = 0; i < MAX_FOLLOWING && (view.at(at) & ~0x3f) == 0x80; i++) at--;
    if (at < WORTH_MOVING) return;
    const rest = view.sub(at).copy();
    this.bytes.clear();
    this.bytes.append(rest);
    this.base += at;
  }
}
