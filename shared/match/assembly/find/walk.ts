import { ByteClasses } from "../regex/byte-classes";
import { Machine } from "../regex/machine";
import { Program } from "../regex/program";
import { StepSet } from "../regex/step-set";

/**
 * Moves a machine over the bytes of a text as `Machine.read` does, but past matches, and says
 * whether anything that was begun earlier goes on.
 */
@final
export class Walk {
  readonly machine: Machine;
  /** What was begun before the last byte reads that byte too, or has just matched with it. */
  hasSurvivors: bool = false;
  private spare: StepSet;

  /** @param matchMask bits of the steps that match; they are the first of the program, 32 at most */
  constructor(
    private readonly program: Program,
    private readonly classes: ByteClasses,
    private readonly matchMask: u32,
  ) {
    this.machine = new Machine(program, classes);
    this.spare = new StepSet(program);
  }

  /** Bits of the steps that matched with the last byte, or before it by an assertion. */
  get matched(): u32 {
    return this.machine.now.bits[0] & this.matchMask;
  }

  /** Goes to a position where nothing is begun. @param before the byte that stands there, −1: none */
  begin(before: i32): void {
    this.machine.begin();
    if (before >= 0) this.machine.before = this.machine.after(before);
    this.hasSurvivors = false;
  }

  /** Reads a byte of this class; `classes.count` stands for the end of the text. */
  read(byteClass: i32): void {
    const machine = this.machine;
    const isEnd = byteClass == this.classes.count;
    const byte = isEnd ? -1 : <i32>this.classes.sample[byteClass];
    // What matched with the last byte was said; with an assertion it may match only now.
    const known = this.matched;
    machine.now.bits[0] &= ~this.matchMask;
    let matched: u32 = 0;
    if (this.program.places != 0) {
      this.spare.clear();
      this.spare.addAll(machine.now, machine.placesBefore(byte));
      this.swap();
      matched = this.matched & ~known;
    }
    this.spare.clear();
    this.hasSurvivors = false;
    if (!isEnd) {
      this.spare.addRead(machine.now, byte);
      this.hasSurvivors = !isEmpty(this.spare);
      if (!this.program.isAnchored) this.spare.add(this.program.start, 0);
      machine.before = machine.after(byte);
    }
    this.swap();
    machine.now.bits[0] |= matched;
  }

  private swap(): void {
    const set = this.machine.now;
    this.machine.now = this.spare;
    this.spare = set;
  }
}

function isEmpty(set: StepSet): bool {
  for (let i = 0; i < set.bits.length; i++) {
    if (set.bits[i] != 0) return false;
  }
  return true;
}
