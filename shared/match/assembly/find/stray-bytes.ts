import { Slice } from "@ai-gateway-wasm/bytes";
import { sequenceAt, validText } from "../regex/valid-text";

/** U+FFFD has three bytes, the byte it stands for is one. */
const GROWTH: i32 = 2;

/**
 * A text in which each byte that belongs to no character was made a U+FFFD, and what its positions
 * are in the original:
 *
 *   a FF b          original
 *   a EF BF BD b    valid
 */
@final
export class StrayBytes {
  readonly valid: Slice;
  /** Positions of stray bytes in the original, ascending. */
  private readonly strays: i32[] = [];

  constructor(original: Slice) {
    const valid = validText(original);
    this.valid = valid;
    // Most texts are valid, and the same slice then.
    for (let at = valid === original ? original.length : 0; at < original.length;) {
      const width = sequenceAt(original, at);
      if (width == 0) this.strays.push(at);
      at += max(1, width);
    }
  }

  /** Position in the original of a border between characters of `valid`. */
  originOf(at: i32): i32 {
    const strays = this.strays;
    let lo = 0;
    let hi = strays.length;
    while (lo < hi) {
      const middle = (lo + hi) >> 1;
      if (strays[middle] + GROWTH * middle < at) lo = middle + 1;
      else hi = middle;
    }
    return at - GROWTH * lo;
  }

  /** Position in `valid` of a position in the original. */
  validAt(origin: i32): i32 {
    const strays = this.strays;
    let lo = 0;
    let hi = strays.length;
    while (lo < hi) {
      const middle = (lo + hi) >> 1;
      if (strays[middle] < origin) lo = middle + 1;
      else hi = middle;
    }
    return origin + GROWTH * lo;
  }
}
