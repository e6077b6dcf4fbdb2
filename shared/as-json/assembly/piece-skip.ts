import { Char } from "./char";
import { cutDepth, cutInString, findQuote, skipOpen } from "./scan";

/**
 * Walks to the end of one string or container that arrives in pieces, cut anywhere:
 *
 *   const skip = new PieceSkip();
 *   skip.enterContainer();                  // behind the opening bracket
 *   after = skip.skip(at, end);             // 0: it goes on in the next piece
 *
 * Remembers three things and copies nothing; the depth of the input costs nothing.
 */
@final
export class PieceSkip {
  /** Brackets open; 0 while the value is a string. */
  private depth: i32 = 0;
  /** The last piece ended inside of a string of the container. */
  private isInString: bool = false;
  /** The last piece ended with a backslash: the first byte of the next one is escaped. */
  private isEscaped: bool = false;

  /** The next piece begins behind the opening quote of a string. */
  enterString(): void {
    this.depth = 0;
    this.isEscaped = false;
  }

  /** The next piece begins behind the opening bracket of an array or object. */
  enterContainer(): void {
    this.depth = 1;
    this.isInString = false;
    this.isEscaped = false;
  }

  /** Address after the quote or bracket that closes the value; 0 when it is not in this piece. */
  skip(at: usize, end: usize): usize {
    if (at >= end) return 0;
    if (this.isEscaped) at++;
    const depth = this.depth;
    let after: usize;
    if (depth == 0) {
      after = findQuote(at, end);
      if (after != 0) after++;
    } else {
      after = skipOpen(at, end, depth, this.isInString);
    }
    if (after != 0) return after;
    if (depth != 0) {
      this.depth = cutDepth;
      this.isInString = cutInString;
    }
    this.isEscaped = (depth == 0 || this.isInString) && endsInEscape(at, end);
    return 0;
  }
}

/** Whether a piece of a string ends with a backslash that escapes what follows. */
function endsInEscape(at: usize, end: usize): bool {
  let isEscape = false;
  while (end > at && load<u8>(end - 1) == Char.Backslash) {
    isEscape = !isEscape;
    end--;
  }
  return isEscape;
}
