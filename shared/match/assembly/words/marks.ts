/** The places at which plain and written text part (plain-text.ts). */
export const enum Mark {
  /** A character became one of another width. */
  Folded,
  /** A character counts for nothing. */
  Absent,
  /** Separators were left out. */
  Gap,
}

/** Of a gap: the first and the last separator is a letter, a digit or `_`. */
export const FIRST_IS_WORD: i32 = 1;
export const LAST_IS_WORD: i32 = 2;

const NONE: i32 = -1;

// A mark takes four numbers: its plain position, how much further the written text is from there
// on, its kind, and the borders of a gap.
const WIDTH: i32 = 4;
const SHIFT: usize = 4;
const KIND: usize = 8;
const BORDERS: usize = 12;

/**
 * How positions in a plain text lead back to the text as it was written:
 *
 *   written  中 ， a ZWSP b      plain  中 , a b
 *                                           │   └ mark: Absent, 5 further
 *                                           └──── mark: Folded, 2 further
 *
 * Ascending by position; several may stand at one.
 */
@final
export class Marks {
  private entries: StaticArray<i32> = new StaticArray<i32>(0);
  private count: i32 = 0;
  /** How much further written positions are at the first mark that was forgotten. */
  private firstShift: i32 = 0;

  /** How much further the written text is than the plain one at its end. */
  get shift(): i32 {
    return this.shiftBefore(this.count);
  }

  /** From a plain position on the written text is `by` further. */
  add(position: i32, kind: Mark, by: i32): void {
    this.put(position, kind, by, 0);
  }

  private put(position: i32, kind: Mark, by: i32, borders: i32): void {
    const shift = this.shift + by;
    if (this.count * WIDTH == this.entries.length) this.grow();
    const at = this.at(this.count++);
    store<i32>(at, position);
    store<i32>(at, shift, SHIFT);
    store<i32>(at, kind, KIND);
    store<i32>(at, borders, BORDERS);
  }

  /** A separator of so many bytes stands before a plain position. */
  addSeparator(position: i32, by: i32, isWord: bool): void {
    const last = this.count - 1;
    const border = isWord ? LAST_IS_WORD : 0;
    const goesOn = last >= 0 && this.position(last) == position && this.kind(last) == Mark.Gap;
    if (!goesOn) return this.put(position, Mark.Gap, by, border | (isWord ? FIRST_IS_WORD : 0));
    const at = this.at(last);
    store<i32>(at, load<i32>(at, SHIFT) + by, SHIFT);
    store<i32>(at, (load<i32>(at, BORDERS) & FIRST_IS_WORD) | border, BORDERS);
  }

  /** Where the character at a plain position begins in the written text. */
  start(position: i32): i32 {
    return position + this.shiftBefore(this.upTo(position));
  }

  /** Where the character before a plain position ends in the written text. */
  end(position: i32): i32 {
    const next = this.upTo(position - 1);
    const isFolded =
      next < this.count && this.position(next) == position && this.kind(next) == Mark.Folded;
    return position + this.shiftBefore(isFolded ? next + 1 : next);
  }

  /** What borders the gap before a plain position has; −1: there is no gap. */
  gapAt(position: i32): i32 {
    let borders = NONE;
    for (let i = this.upTo(position) - 1; i >= 0 && this.position(i) == position; i--) {
      if (this.kind(i) != Mark.Gap) continue;
      const own = load<i32>(this.at(i), BORDERS);
      borders = ((borders == NONE ? own : borders) & LAST_IS_WORD) | (own & FIRST_IS_WORD);
    }
    return borders;
  }

  /** Number of gaps behind `first`, up to the one before `last`. */
  gapsWithin(first: i32, last: i32): i32 {
    let gaps = 0;
    let before = first;
    for (let i = this.upTo(first); i < this.count && this.position(i) <= last; i++) {
      if (this.kind(i) != Mark.Gap || this.position(i) == before) continue;
      before = this.position(i);
      gaps++;
    }
    return gaps;
  }

  /** Forgets what is not needed from a plain position on. */
  forget(position: i32): void {
    const gone = this.upTo(position - 1);
    if (gone == 0) return;
    this.firstShift = this.shiftBefore(gone);
    const entries = changetype<usize>(this.entries);
    const kept = this.count - gone;
    memory.copy(entries, entries + ((<usize>(gone * WIDTH)) << 2), (<usize>(kept * WIDTH)) << 2);
    this.count = kept;
  }

  /** Forgets all of them. */
  clear(): void {
    this.count = 0;
    this.firstShift = 0;
  }

  private position(mark: i32): i32 {
    return load<i32>(this.at(mark));
  }

  private kind(mark: i32): Mark {
    return load<i32>(this.at(mark), KIND);
  }

  private shiftBefore(mark: i32): i32 {
    return mark == 0 ? this.firstShift : load<i32>(this.at(mark - 1), SHIFT);
  }

  /** Address of a mark, unchecked: marks are below the count. Half of the time of a text of words. */
  private at(mark: i32): usize {
    return changetype<usize>(this.entries) + ((<usize>mark) << 4);
  }

  private grow(): void {
    const old = this.entries;
    const entries = new StaticArray<i32>(max(16 * WIDTH, old.length << 1));
    memory.copy(changetype<usize>(entries), changetype<usize>(old), (<usize>old.length) << 2);
    this.entries = entries;
  }

  /** Number of the marks at a position or before. */
  private upTo(position: i32): i32 {
    let lo = 0;
    let hi = this.count;
    while (lo < hi) {
      const middle = (lo + hi) >> 1;
      if (this.position(middle) <= position) lo = middle + 1;
      else hi = middle;
    }
    return lo;
  }
}
