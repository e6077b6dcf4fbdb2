import { Slice } from "@ai-gateway-wasm/bytes";
import { Op, Program } from "../regex/program";
import { isContinuation, placesAt } from "./places";
import { Threads } from "./threads";

/**
 * Finds where a match begins and ends and what its groups hold: the leftmost one, of these the one
 * a backtracking engine would find first, as Go, RE2 and Perl do (Pike's machine: threads in the
 * order of preference, at most one per step). Time goes with text times program, so it only runs
 * where there is a match.
 */
@final
export class Tracer {
  /** Start and end of the match, then of each group; −1 for a group that took no part. */
  readonly found: StaticArray<i32>;
  private now: Threads;
  private following: Threads;
  /** The byte behind the place where threads are added, −1 at the end. */
  private ahead: i32 = 0;
  /** What the thread that is being added came past. */
  private readonly places: StaticArray<i32>;
  /** When a step was last added; a step that is in the list already is not preferred. */
  private readonly added: StaticArray<u32>;
  private round: u32 = 0;
  /** Steps to add. A negative number ~slot: the place behind it goes back into that slot. */
  private readonly waiting: i32[] = [];

  /** @param groups with the whole match */
  constructor(
    private readonly program: Program,
    groups: i32,
  ) {
    const width = groups << 1;
    this.found = new StaticArray<i32>(width);
    this.places = new StaticArray<i32>(width);
    this.now = new Threads(program.length, width);
    this.following = new Threads(program.length, width);
    this.added = new StaticArray<u32>(program.length);
  }

  /** The leftmost match from `from` on, into `found`; false when there is none. */
  trace(text: Slice, from: i32): bool {
    let hasMatch = false;
    this.now.count = 0;
    this.round++;
    for (let at = from; ; at++) {
      if (!hasMatch) this.start(text, at);
      const now = this.now;
      if (now.count == 0 && (hasMatch || this.program.isAnchored || at >= text.length)) break;
      this.following.count = 0;
      this.round++;
      if (this.read(text, at)) hasMatch = true;
      this.now = this.following;
      this.following = now;
      if (at >= text.length) break;
    }
    return hasMatch;
  }

  /** Adds a thread that begins here, behind all that began earlier. */
  private start(text: Slice, at: i32): void {
    if ((this.program.isAnchored && at > 0) || isContinuation(text.at(at))) return;
    for (let i = 0; i < this.places.length; i++) this.places[i] = -1;
    this.places[0] = at;
    this.ahead = text.at(at);
    this.add(this.now, this.program.start, at, placesAt(text, at));
  }

  /** Moves all threads over a byte. True when one of them matches; those behind it are dropped. */
  private read(text: Slice, at: i32): bool {
    const program = this.program;
    const now = this.now;
    const places = program.places == 0 ? 0 : placesAt(text, at + 1);
    this.ahead = text.at(at + 1);
    for (let thread = 0; thread < now.count; thread++) {
      const step = now.step(thread);
      if (program.op(step) == Op.Match) {
        now.read(thread, this.found);
        this.found[1] = at;
        return true;
      }
      now.read(thread, this.places);
      this.add(this.following, program.x(step), at + 1, places);
    }
    return false;
  }

  /**
   * Adds a step with all that it leads to without reading, the preferred way first. Steps that do
   * not read the byte ahead are left out: of a class of characters that is all but one.
   */
  private add(threads: Threads, step: i32, at: i32, places: i32): void {
    const program = this.program;
    const waiting = this.waiting;
    waiting.push(step);
    while (waiting.length > 0) {
      step = waiting.pop();
      if (step < 0) {
        this.places[~step] = waiting.pop();
        continue;
      }
      if (this.added[step] == this.round) continue;
      this.added[step] = this.round;
      switch (program.op(step)) {
        case Op.Split:
          this.split(step, at);
          break;
        case Op.Assert:
          if ((program.y(step) & places) != 0) waiting.push(program.x(step));
          break;
        case Op.Byte:
          if (this.ahead < program.lo(step) || this.ahead > program.hi(step)) break;
          threads.add(step, this.places);
          break;
        default: // matches
          threads.add(step, this.places);
      }
    }
  }

  private split(step: i32, at: i32): void {
    const waiting = this.waiting;
    const slot = this.program.lo(step);
    if (slot == 0) {
      waiting.push(this.program.y(step));
    } else {
      waiting.push(this.places[slot]);
      waiting.push(~slot);
      this.places[slot] = at;
    }
    waiting.push(this.program.x(step));
  }
}
