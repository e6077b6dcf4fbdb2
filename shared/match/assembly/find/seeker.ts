import { Slice } from "@ai-gateway-wasm/bytes";
import { ByteClasses } from "../regex/byte-classes";
import { Program } from "../regex/program";
import { StateTable } from "../regex/state-table";
import { Start } from "./start";
import { Walk } from "./walk";

/** There is no match. */
export const NOWHERE: i32 = -1;

const UNKNOWN: i32 = -1;
/** `Compiler` makes the step that matches first. */
const MATCH_STEP: u32 = 1;

const DEAD: i32 = -2;
const MATCH: i32 = -3;
/** Added to a state that a byte leads to of which no match can have begun earlier. */
const FRESH: i32 = 1 << 30;
/** As in `Dfa`. */
const MAX_FLUSHES: i32 = 4;

/**
 * Looks for a place before which no match begins, in one pass over the text. It runs as `Dfa` does
 * until there is a match, and remembers where it was last as if nothing had been read:
 *
 *   \d{3}-\d   over   tel 12 555-1234
 *                            ↑   fresh here; the match is certain 5 bytes later
 */
@final
export class Seeker extends Start {
  private readonly classes: ByteClasses;
  private readonly walk: Walk;
  private readonly states: StateTable;
  private flushes: i32 = 0;

  constructor(program: Program) {
    super();
    const classes = new ByteClasses(program);
    const walk = new Walk(program, classes, MATCH_STEP);
    this.classes = classes;
    this.walk = walk;
    this.states = new StateTable(walk.machine.now.bits.length, classes.count + 1);
  }

  /**
   * A position from `from` on; the leftmost match that begins at `from` or behind does not begin
   * before it. NOWHERE when there is none. @param text valid UTF-8
   */
  override seek(text: Slice, from: i32): i32 {
    this.flushes = 0;
    let first = from;
    let state = this.begin(text, from);
    const states = this.states;
    let rows = states.rows;
    const classOf = changetype<usize>(this.classes.classOf);
    const end = text.ptr + <usize>text.length;
    for (let at = text.ptr + <usize>from; at < end && state >= 0; at++) {
      const byteClass = <i32>load<u8>(classOf + <usize>load<u8>(at));
      let to = StateTable.target(rows, state & ~FRESH, byteClass);
      if (to == UNKNOWN) {
        to = this.advance(state & ~FRESH, byteClass);
        rows = states.rows;
      }
      state = to;
      if (to >= FRESH) first = <i32>(at + 1 - text.ptr);
      if (this.flushes > MAX_FLUSHES) return this.run(text, state, <i32>(at + 1 - text.ptr), first);
    }
    if (state >= 0) state = this.advance(state & ~FRESH, this.classes.count);
    return state == MATCH ? first : NOWHERE;
  }

  /** The state at a position, behind what stands there. */
  private begin(text: Slice, from: i32): i32 {
    this.walk.begin(text.at(from - 1));
    return this.currentState();
  }

  private advance(state: i32, byteClass: i32): i32 {
    this.states.restore(state, this.walk.machine);
    this.walk.read(byteClass);
    const flushes = this.flushes;
    const to = this.currentState();
    // A flush in between forgot the state we came from.
    if (flushes == this.flushes) this.states.setTarget(state, byteClass, to);
    return to;
  }

  /** The state that was come to, and whether it is fresh. */
  private currentState(): i32 {
    const machine = this.walk.machine;
    if (this.walk.matched != 0) return MATCH;
    if (this.states.isEmpty(machine)) return DEAD;
    if (this.states.isFull) {
      this.states.clear();
      this.flushes++;
    }
    const state = this.states.stateOf(machine);
    return this.walk.hasSurvivors ? state : state | FRESH;
  }

  /** Goes on without keeping states. */
  private run(text: Slice, state: i32, at: i32, first: i32): i32 {
    if (state < 0) return state == MATCH ? first : NOWHERE;
    const walk = this.walk;
    this.states.restore(state & ~FRESH, walk.machine);
    for (; at < text.length && walk.matched == 0; at++) {
      walk.read(<i32>this.classes.classOf[text.at(at)]);
      if (!walk.hasSurvivors) first = at + 1;
    }
    if (walk.matched == 0) walk.read(this.classes.count);
    return walk.matched != 0 ? first : NOWHERE;
  }
}
