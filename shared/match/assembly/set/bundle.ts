import { Slice } from "@ai-gateway-wasm/bytes";
import { Walk } from "../find/walk";
import { ByteClasses } from "../regex/byte-classes";
import { Program } from "../regex/program";
import { StateTable } from "../regex/state-table";
import { LiveThreads } from "./live-threads";
import { Progress } from "./progress";

const UNKNOWN: i32 = -1;
/** Added to the number of a state a byte leads to: with the byte a pattern matched… */
const MATCHED: i32 = 1 << 30;
/** …what was begun before the byte goes on. */
const BEGUN: i32 = 1 << 29;
const FLAGS: i32 = MATCHED | BEGUN;
/** More than a `StateTable` keeps. */
const MAX_STATES: i32 = 260;
/** As in `Dfa`. */
const MAX_FLUSHES: i32 = 4;

/** Patterns of a bundle, as many as a word has bits. */
export const MAX_BUNDLE: i32 = 32;

/** Up to 32 patterns that run as one automaton. The n-th one is bit n. */
@final
export class Bundle {
  private readonly program: Program;
  private readonly classes: ByteClasses;
  private readonly walk: Walk;
  private readonly states: StateTable;
  /** Patterns that matched with the byte that led to a state. */
  private readonly matches: StaticArray<u32> = new StaticArray<u32>(MAX_STATES);
  private flushes: i32 = 0;
  private threads: LiveThreads | null = null;

  /** @param patterns how many; their steps that match are the first of the program */
  constructor(program: Program, patterns: i32) {
    const classes = new ByteClasses(program);
    const mask: u32 = patterns == MAX_BUNDLE ? u32.MAX_VALUE : ((<u32>1) << patterns) - 1;
    const walk = new Walk(program, classes, mask);
    this.program = program;
    this.classes = classes;
    this.walk = walk;
    this.states = new StateTable(walk.machine.now.bits.length, classes.count + 1);
  }

  /** Where a text begins. */
  begin(): Progress {
    this.walk.begin(-1);
    return new Progress(this.walk);
  }

  /** Goes on over a piece of text, and notes what matches. @param piece valid UTF-8 */
  feed(piece: Slice, progress: Progress): void {
    this.flushes = 0;
    progress.restore(this.walk);
    let state = this.currentState();
    let found: u32 = 0;
    const classOf = changetype<usize>(this.classes.classOf);
    const end = piece.ptr + <usize>piece.length;
    let at = piece.ptr;
    for (; at < end && this.flushes <= MAX_FLUSHES; at++) {
      const byteClass = <i32>load<u8>(classOf + <usize>load<u8>(at));
      const from = state & ~FLAGS;
      state = this.states.target(from, byteClass);
      if (state == UNKNOWN) state = this.advance(from, byteClass);
      if (state >= MATCHED) found |= this.matches[state & ~FLAGS];
    }
    this.states.restore(state & ~FLAGS, this.walk.machine);
    this.walk.hasSurvivors = (state & BEGUN) != 0;
    // Made anew too often: it goes on without keeping states.
    for (; at < end; at++) {
      this.walk.read(<i32>load<u8>(classOf + <usize>load<u8>(at)));
      found |= this.walk.matched;
    }
    progress.save(this.walk);
    progress.found |= found;
  }

  /** Notes what matches at the end of the text. */
  finish(progress: Progress): void {
    progress.restore(this.walk);
    this.walk.read(this.classes.count);
    progress.found |= this.walk.matched;
    progress.isBegun = false;
  }

  /** How many bytes at the end of `text`, from `from` on, belong to a match that may go on. */
  live(text: Slice, from: i32): i32 {
    let threads = this.threads;
    if (threads === null) threads = this.threads = new LiveThreads(this.program);
    return threads.count(text, from);
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

  private currentState(): i32 {
    if (this.states.isFull) {
      this.states.clear();
      this.flushes++;
    }
    const matched = this.walk.matched;
    const state = this.states.numberOf(this.walk.machine);
    this.matches[state] = matched;
    return state | (matched != 0 ? MATCHED : 0) | (this.walk.hasSurvivors ? BEGUN : 0);
  }
}
