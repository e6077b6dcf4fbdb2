import { Slice } from "@ai-gateway-wasm/bytes";
import { ByteClasses } from "./byte-classes";
import { Machine } from "./machine";
import { Program } from "./program";
import { StateTable } from "./state-table";

const UNKNOWN: i32 = -1;
/** No further byte leads to a match. */
const DEAD: i32 = -2;
const MATCH: i32 = -3;

/** After so many times in one text states are not kept any more: making them would be all we do. */
const MAX_FLUSHES: i32 = 4;

/**
 * Looks for a match in one pass over the text. Each set of steps the machine can be at is a state
 * with a number, made when it is first met; from then on a byte costs one look into a table. When
 * the states are too many all are forgotten, and at last the machine runs without any.
 */
@final
export class Dfa {
  private readonly classes: ByteClasses;
  private readonly machine: Machine;
  private readonly states: StateTable;
  private flushes: i32 = 0;
  private first: i32 = UNKNOWN;

  constructor(program: Program) {
    const classes = new ByteClasses(program);
    const machine = new Machine(program, classes);
    this.classes = classes;
    this.machine = machine;
    this.states = new StateTable(machine.now.bits.length, classes.count + 1);
  }

  /** True when the program matches anywhere in the text. @param text valid UTF-8 */
  matches(text: Slice): bool {
    this.flushes = 0;
    let state = this.begin();
    const states = this.states;
    let rows = states.rows;
    const classOf = changetype<usize>(this.classes.classOf);
    const end = text.ptr + <usize>text.length;
    let at = text.ptr;
    for (; at < end && state >= 0; at++) {
      const byteClass = <i32>load<u8>(classOf + <usize>load<u8>(at));
      const to = StateTable.target(rows, state, byteClass);
      state = to != UNKNOWN ? to : this.advance(state, byteClass);
      if (to != UNKNOWN) continue;
      rows = states.rows;
      if (this.flushes > MAX_FLUSHES) return this.run(state, at + 1, end);
    }
    if (state < 0) return state == MATCH;
    const last = StateTable.target(rows, state, this.classes.count);
    return (last != UNKNOWN ? last : this.advance(state, this.classes.count)) == MATCH;
  }

  private begin(): i32 {
    if (this.first == UNKNOWN) {
      this.machine.begin();
      this.first = this.currentState();
    }
    return this.first;
  }

  /** Makes the transition that the table does not have. */
  private advance(state: i32, byteClass: i32): i32 {
    this.states.restore(state, this.machine);
    this.machine.read(byteClass);
    const flushes = this.flushes;
    const to = this.currentState();
    // A flush in between forgot the state we came from.
    if (flushes == this.flushes) this.states.setTarget(state, byteClass, to);
    return to;
  }

  /** The state the machine is in. */
  private currentState(): i32 {
    if (this.machine.hasMatch) return MATCH;
    if (this.states.isEmpty(this.machine)) return DEAD;
    if (this.states.isFull) {
      this.states.clear();
      this.first = UNKNOWN;
      this.flushes++;
    }
    return this.states.stateOf(this.machine);
  }

  /** Goes on without keeping states. */
  private run(state: i32, at: usize, end: usize): bool {
    if (state < 0) return state == MATCH;
    const machine = this.machine;
    this.states.restore(state, machine);
    for (; at < end && !machine.hasMatch; at++) {
      machine.read(<i32>this.classes.classOf[<i32>load<u8>(at)]);
    }
    if (!machine.hasMatch) machine.read(this.classes.count);
    return machine.hasMatch;
  }
}
