/** No word. */
const NONE: i32 = 0;

/**
 * The longest word that was found from each of the last places of a text, enough of them for the
 * longest of all.
 */
@final
export class Longest {
  private readonly mask: i32;
  /** The place that an entry is about. */
  private readonly starts: StaticArray<i32>;
  private readonly hits: StaticArray<i32>;
  private readonly ends: StaticArray<i32>;

  /** @param longest bytes of the longest word */
  constructor(longest: i32) {
    let room = 16;
    while (room < longest + 8) room <<= 1;
    this.mask = room - 1;
    this.starts = new StaticArray<i32>(room);
    this.hits = new StaticArray<i32>(room);
    this.ends = new StaticArray<i32>(room);
  }

  /** The node of the longest word from a place; 0: there is none. */
  hit(start: i32): i32 {
    const at = start & this.mask;
    return this.starts[at] == start ? this.hits[at] : NONE;
  }

  /** Where it ends. */
  end(start: i32): i32 {
    return this.ends[start & this.mask];
  }

  /** Notes a word; a later one from the same place is a longer one. */
  note(start: i32, hit: i32, end: i32): void {
    const at = start & this.mask;
    this.starts[at] = start;
    this.hits[at] = hit;
    this.ends[at] = end;
  }
}
