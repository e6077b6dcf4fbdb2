import { Walk } from "../find/walk";

/**
 * How far a bundle has come in one text. Texts of several streams arrive by turns, so the automaton
 * they share keeps nothing of them.
 */
@final
export class Progress {
  /** Patterns that have matched. */
  found: u32 = 0;
  /** Bytes at the end of which nothing earlier is a part of what may go on. 0: nothing may. */
  begun: i32 = 0;
  /** Where the automaton was, as long as its states are those of this generation. */
  state: i32 = 0;
  generation: i32 = -1;
  private readonly bits: StaticArray<u32>;
  private before: i32 = 0;

  constructor(walk: Walk) {
    this.bits = new StaticArray<u32>(walk.machine.now.bits.length);
    this.save(walk);
    this.found = walk.matched;
  }

  save(walk: Walk): void {
    this.before = walk.machine.before;
    const bits = walk.machine.now.bits;
    memory.copy(changetype<usize>(this.bits), changetype<usize>(bits), (<usize>bits.length) << 2);
  }

  restore(walk: Walk): void {
    walk.machine.before = this.before;
    walk.hasSurvivors = this.begun > 0;
    const bits = walk.machine.now.bits;
    memory.copy(changetype<usize>(bits), changetype<usize>(this.bits), (<usize>bits.length) << 2);
  }
}
