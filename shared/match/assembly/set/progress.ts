import { Walk } from "../find/walk";

/**
 * How far a bundle has come in one text. Texts of several streams arrive by turns, so the automaton
 * they share keeps nothing of them.
 */
@final
export class Progress {
  /** Patterns that have matched. */
  found: u32 = 0;
  /** Something that was begun may go on. */
  isBegun: bool = false;
  private readonly bits: StaticArray<u32>;
  private before: i32 = 0;

  constructor(walk: Walk) {
    this.bits = new StaticArray<u32>(walk.machine.now.bits.length);
    this.save(walk);
    this.found = walk.matched;
  }

  save(walk: Walk): void {
    this.before = walk.machine.before;
    this.isBegun = walk.hasSurvivors;
    const bits = walk.machine.now.bits;
    memory.copy(changetype<usize>(this.bits), changetype<usize>(bits), (<usize>bits.length) << 2);
  }

  restore(walk: Walk): void {
    walk.machine.before = this.before;
    walk.hasSurvivors = this.isBegun;
    const bits = walk.machine.now.bits;
    memory.copy(changetype<usize>(bits), changetype<usize>(this.bits), (<usize>bits.length) << 2);
  }
}
