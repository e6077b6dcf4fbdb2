import { Slice } from "@ai-gateway-wasm/bytes";
import { isContinuation } from "./places";
import { NOWHERE, Seeker } from "./seeker";
import { AnyStart, Start } from "./start";
import { StrayBytes } from "./stray-bytes";
import { Tracer } from "./tracer";

/**
 * The matches of a pattern in a text, as Go's `FindAllIndex` lists them:
 *
 *   const search = finder.search(text);
 *   while (search.next()) …search.start, search.end, search.group(1)
 *
 * Of the matches that begin leftmost it is the one that a backtracking engine finds first: `a|ab`
 * matches `a` of `ab`. One look takes time in proportion to the text it looks at, times the program
 * where there is a match.
 */
@final
export class SearchFrom<S extends Start> {
  /** Of the match: its first byte, and the byte behind its last one. */
  start: i32 = 0;
  end: i32 = 0;
  /** Start and end of each group in `valid`. */
  private readonly places: StaticArray<i32>;
  private readonly strays: StrayBytes;
  /** Where `next` goes on, and where its last match ended, in `valid`. */
  private from: i32 = 0;
  private lastEnd: i32 = -1;

  /** Only for `Finder`. @param text not kept longer than the search */
  constructor(
    private readonly text: Slice,
    private readonly seeker: S,
    private readonly tracer: Tracer,
  ) {
    this.strays = new StrayBytes(text);
    this.places = new StaticArray<i32>(tracer.found.length);
  }

  /** Goes to the next match that does not overlap the last one; false when there is none. */
  next(): bool {
    const valid = this.strays.valid;
    while (this.from <= valid.length && this.look(this.from)) {
      const end = this.places[1];
      // There is no empty match right behind another one.
      const counts = this.places[0] < end || end != this.lastEnd;
      this.lastEnd = end;
      if (end == this.from) this.step();
      else this.from = end;
      if (counts) return true;
    }
    this.from = valid.length + 1;
    return false;
  }

  /**
   * Goes to the leftmost match that begins at `from` or behind; what stands before it counts for
   * `^` and `\b`. `next` then goes on behind the match.
   */
  find(from: i32): bool {
    if (!this.look(this.strays.validAt(from))) return false;
    this.lastEnd = this.places[1];
    this.from = this.lastEnd;
    return true;
  }

  /** What a group holds, as a part of the text; empty for one that took no part in the match. */
  group(number: i32): Slice {
    const slot = number << 1;
    if (number < 0 || slot >= this.places.length || this.places[slot] < 0)
      return this.text.sub(0, 0);
    const start = this.strays.originOf(this.places[slot]);
    return this.text.sub(start, this.strays.originOf(this.places[slot + 1]));
  }

  private look(from: i32): bool {
    const valid = this.strays.valid;
    const first = from > valid.length ? NOWHERE : this.seeker.seek(valid, from);
    if (first == NOWHERE || !this.tracer.trace(valid, first)) return false;
    const found = this.tracer.found;
    for (let i = 0; i < found.length; i++) this.places[i] = found[i];
    this.start = this.strays.originOf(found[0]);
    this.end = this.strays.originOf(found[1]);
    return true;
  }

  /** One character on. */
  private step(): void {
    do this.from++;
    while (isContinuation(this.strays.valid.at(this.from)));
  }
}

/** The usual one. */
export type Search = SearchFrom<Seeker>;
/** Of `Finder.searchShort`. */
export type ShortSearch = SearchFrom<AnyStart>;
