import { Slice } from "@ai-gateway-wasm/bytes";
import { Memory } from "./memory";
import { LocalRule } from "./rule";
import { TextWindow } from "./text-window";

/** Where matches come from that are to be replaced. */
export abstract class Source {
  /** Of the match, in the text. */
  start: i32 = 0;
  end: i32 = 0;
  /** Of matches that begin at the same place the one with the lowest order counts. */
  order: i32 = 0;

  /** Goes to the first match from a position on, or stays there; false: none is known yet. */
  abstract seek(from: i32): bool;

  isBefore(other: Source): bool {
    return this.start == other.start ? this.order < other.order : this.start < other.start;
  }

  /** What takes the place of the match. */
  abstract replacement(window: TextWindow, memory: Memory): Slice;

  /** Whose match it is; null: an original is put back, which no judge has to see. */
  get rule(): LocalRule | null {
    return null;
  }

  /** False while bytes behind the match may tell that it is none. @param end of the text so far */
  isCertain(_end: i32): bool {
    return true;
  }
}
