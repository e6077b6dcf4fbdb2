/**
 * What is remembered of the last bytes that were compared, by their number: enough of them for the
 * longest word.
 */
@final
export class Recent {
  private readonly mask: i32;
  /** Where the byte's character begins in the text. */
  private readonly origins: StaticArray<i32>;
  /** Separators left out before it, since the beginning. */
  private readonly gaps: StaticArray<i32>;
  /** It stands behind a letter, a digit or `_`. */
  private readonly afterWord: StaticArray<bool>;
  /** The longest word that begins with the byte: its node, number and place of its end. 0: none. */
  private readonly hits: StaticArray<i32>;
  private readonly endCounts: StaticArray<i32>;
  private readonly ends: StaticArray<i32>;

  /** @param longest bytes of the longest word */
  constructor(longest: i32) {
    let room = 16;
    while (room < longest + 8) room <<= 1;
    this.mask = room - 1;
    this.origins = new StaticArray<i32>(room);
    this.gaps = new StaticArray<i32>(room);
    this.afterWord = new StaticArray<bool>(room);
    this.hits = new StaticArray<i32>(room);
    this.endCounts = new StaticArray<i32>(room);
    this.ends = new StaticArray<i32>(room);
  }

  add(count: i32, origin: i32, gaps: i32, afterWord: bool): void {
    const at = count & this.mask;
    unchecked((this.origins[at] = origin));
    unchecked((this.gaps[at] = gaps));
    unchecked((this.afterWord[at] = afterWord));
    unchecked((this.hits[at] = 0));
  }

  origin(count: i32): i32 {
    return this.origins[count & this.mask];
  }

  gapsBefore(count: i32): i32 {
    return this.gaps[count & this.mask];
  }

  isAfterWord(count: i32): bool {
    return this.afterWord[count & this.mask];
  }

  /** Notes a word from byte `count`; a later one is a longer one. */
  setHit(count: i32, hit: i32, endCount: i32, end: i32): void {
    const at = count & this.mask;
    this.hits[at] = hit;
    this.endCounts[at] = endCount;
    this.ends[at] = end;
  }

  hit(count: i32): i32 {
    return this.hits[count & this.mask];
  }

  endCount(count: i32): i32 {
    return this.endCounts[count & this.mask];
  }

  end(count: i32): i32 {
    return this.ends[count & this.mask];
  }
}
