import { Slice } from "@ai-gateway-wasm/bytes";
import { Edits } from "./local/edits";

/** Bytes that must be the same behind a difference, and when there are not so many. */
const ANCHOR: i32 = 8;
const SHORT_ANCHOR: i32 = 4;
/** How far behind the beginning of a difference its end is looked for, in either text. */
const REACH: i32 = 128;
/** Bytes of a character. */
const MAX_CHARACTER: i32 = 4;

/**
 * What of a text a service has replaced, told from the two texts:
 *
 *   before  call 13812345678 now          call [PHONE] now  after
 *                ╰── edit ──╯ ╰─ the same in both
 *
 * The edits make `after` out of `before`, whatever the texts are; an end that is out of reach makes
 * one edit of all that is left but the same end. Each takes the place of a character at least, so
 * that it stands in some piece of the text. Linear, with at most `REACH` steps for a byte of a
 * difference.
 *
 * @param before not empty
 * @param after shared by what is returned
 */
export function differences(before: Slice, after: Slice): Edits {
  return new Comparison(before, after).run();
}


@final
class Comparison {
  private readonly edits: Edits = new Edits();
  /** How far both are read. */
  private left: i32 = 0;
  private right: i32 = 0;
  /** Bytes of the difference that begins there. */
  private removed: i32 = 0;
  private added: i32 = 0;

  constructor(
    private readonly before: Slice,
    private readonly after: Slice,
  ) {}

  run(): Edits {
    while (!this.skipSame()) {
      if (!this.findAnchor(ANCHOR) && !this.findAnchor(SHORT_ANCHOR)) this.takeRest();
      if (this.removed == 0) this.takeNeighbour();
      const right = this.right;
      this.edits.add(
        this.left,
        this.left + this.removed,
        this.after.sub(right, right + this.added),
      );
      this.left += this.removed;
      this.right += this.added;
    }
    return this.edits;
  }

  /** Goes to the character that differs. @returns true: there is none */
  private skipSame(): bool {
    const before = this.before;
    const after = this.after;
    let left = this.left;
    let right = this.right;
    while (left < before.length && before.at(left) == after.at(right)) {
      left++;
      right++;
    }
    const isSame = left == before.length && right == after.length;
    while (!isSame && left > this.left && isInside(before, left)) {
      left--;
      right--;
    }
    this.left = left;
    this.right = right;
    return isSame;
  }

  /** Finds where both are the same again. @returns false: not within reach */
  private findAnchor(anchor: i32): bool {
    for (let steps = 1; steps <= 2 * REACH; steps++) {
      for (let removed = max(0, steps - REACH); removed <= min(steps, REACH); removed++) {
        if (!this.isSameBehind(removed, steps - removed, anchor)) continue;
        this.removed = removed;
        this.added = steps - removed;
        return true;
      }
    }
    return false;
  }

  private isSameBehind(removed: i32, added: i32, anchor: i32): bool {
    const before = this.before;
    const after = this.after;
    const left = this.left + removed;
    const right = this.right + added;
    const rest = before.length - left;
    if (rest < 0 || right > after.length || before.at(left) != after.at(right)) return false;
    if (isInside(before, left)) return false;
    if (rest < anchor) return before.sub(left).equals(after.sub(right));
    return before.sub(left, left + anchor).equals(after.sub(right, right + anchor));
  }

  /** All that is left, but for the end that both have. */
  private takeRest(): void {
    const before = this.before;
    const after = this.after;
    let left = before.length;
    let right = after.length;
    while (left > this.left && right > this.right && before.at(left - 1) == after.at(right - 1)) {
      left--;
      right--;
    }
    while (isInside(before, left)) {
      left++;
      right++;
    }
    this.removed = left - this.left;
    this.added = right - this.right;
  }

  /** What was added takes the place of the character before it, or behind it. */
  private takeNeighbour(): void {
    const before = this.before;
    let bytes = 1;
    if (this.left > 0) {
      const most = min(MAX_CHARACTER, this.left);
      while (bytes < most && isInside(before, this.left - bytes)) bytes++;
      this.left -= bytes;
      this.right -= bytes;
    } else {
      while (bytes < MAX_CHARACTER && isInside(before, bytes)) bytes++;
    }
    this.removed = bytes;
    this.added += bytes;
  }
}

/** True between the bytes of a character. */
function isInside(text: Slice, at: i32): bool {
  return at < text.length && (text.at(at) & 0xc0) == 0x80;
}
