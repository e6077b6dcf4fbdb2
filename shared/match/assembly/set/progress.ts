import { StateTable } from "../regex/state-table";
import { Walk } from "../find/walk";

/**
 * How far a bundle has come in one text. Texts of several streams arrive by turns, so the automaton
 * they share keeps nothing of them.
 */
@final
export class Progress {
  /** Bytes at the end of which nothing earlier is a part of what may go on. 0: nothing may. */
  begun: i32 = 0;
  /** Where the machine was when the automaton's states were last forgotten; null: where texts begin. */
  private bits: StaticArray<u32> | null = null;
  private before: i32 = 0;

  /** Patterns that have matched. */
  found: u32 = 0;
  /** Where the automaton was, as long as its states are those of this generation. */
  state: i32 = 0;
  generation: i32 = -1;

  /** Where a text begins: only for `Bundle`. */
  begin(found: u32, state: i32, generation: i32): void {
    this.begun = 0;
    this.bits = null;
    this.found = found;
    this.state = state;
    this.generation = generation;
  }

  /** Keeps where the machine is. */
  save(walk: Walk): void {
    const bits = walk.machine.now.bits;
    this.keep(changetype<usize>(bits), bits.length, walk.machine.before);
  }

  /** Keeps what the state stands for, which the table is about to forget. @param state its offset */
  saveFrom(states: StateTable, state: i32): void {
    this.keep(states.bitsOf(state), states.words, states.beforeOf(state));
  }

  /** Puts the machine where it was when it was kept. */
  restore(walk: Walk): void {
    const bits = this.bits;
    if (bits === null) return walk.begin(-1);
    const now = walk.machine.now.bits;
    walk.machine.before = this.before;
    memory.copy(changetype<usize>(now), changetype<usize>(bits), (<usize>now.length) << 2);
  }

  private keep(from: usize, words: i32, before: i32): void {
    let bits = this.bits;
    if (bits === null) {
      bits = new StaticArray<u32>(words);
      this.bits = bits;
    }
    memory.copy(changetype<usize>(bits), from, (<usize>words) << 2);
    this.before = before;
  }
}
