import { Op, Program } from "./program";

/**
 * A set of steps of a program: those a machine may be at. A bit for each, so that equal sets have
 * equal bits.
 */
@final
export class StepSet {
  readonly bits: StaticArray<u32>;
  /** The step that says that the text matches is in the set. */
  hasMatch: bool = false;
  private readonly waiting: i32[] = [];

  constructor(private readonly program: Program) {
    this.bits = new StaticArray<u32>((program.length + 31) >> 5);
  }

  clear(): void {
    memory.fill(changetype<usize>(this.bits), 0, (<usize>this.bits.length) << 2);
    this.hasMatch = false;
  }

  /**
   * Adds a step and all that can be reached from it without reading. Assertions that `places` does
   * not fulfil stay in the set, to be asked again when the next byte is known.
   */
  add(step: i32, places: i32): void {
    const program = this.program;
    const waiting = this.waiting;
    waiting.push(step);
    while (waiting.length > 0) {
      const at = waiting.pop();
      const bit: u32 = 1 << (at & 31);
      const word = this.bits[at >> 5];
      if ((word & bit) != 0) continue;
      this.bits[at >> 5] = word | bit;
      switch (program.op(at)) {
        case Op.Match:
          this.hasMatch = true;
          break;
        case Op.Split:
          waiting.push(program.y(at));
          waiting.push(program.x(at));
          break;
        case Op.Assert:
          if ((program.y(at) & places) != 0) waiting.push(program.x(at));
          break;
        default: // reads a byte
      }
    }
  }

  /** Adds everything in `other`, with what these places lead to. */
  addAll(other: StepSet, places: i32): void {
    for (let i = 0; i < other.bits.length; i++) {
      for (let word = other.bits[i]; word != 0; word &= word - 1) {
        this.add((i << 5) + ctz<u32>(word), places);
      }
    }
  }

  /** Adds what `other` comes to by reading `byte`. */
  addRead(other: StepSet, byte: i32): void {
    const program = this.program;
    for (let i = 0; i < other.bits.length; i++) {
      for (let word = other.bits[i]; word != 0; word &= word - 1) {
        const step = (i << 5) + ctz<u32>(word);
        const reads =
          program.op(step) == Op.Byte && program.lo(step) <= byte && byte <= program.hi(step);
        if (reads) this.add(program.x(step), 0);
      }
    }
  }
}
