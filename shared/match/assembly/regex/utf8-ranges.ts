import { CharSet } from "./char-set";
import { Op, Program } from "./program";

const NONE: i32 = -1;
/** Largest code points of one, two and three bytes. */
const LAST_ONE: i32 = 0x7f;
const LAST_TWO: i32 = 0x7ff;
const LAST_THREE: i32 = 0xffff;
/** Numbers per sequence: a lower and an upper bound for each of up to four bytes, 0 behind. */
const WIDTH: i32 = 8;

/**
 * Compiles a set of code points to steps that read its UTF-8 bytes. Ranges are cut until each byte
 * of one varies on its own:
 *
 *   U+0800–U+FFFF   E0 A0–BF 80–BF │ E1–EF 80–BF 80–BF
 *
 * Sequences that begin alike share their first steps, those that end alike their last ones: without
 * that the letters of Unicode would be four thousand steps instead of one thousand.
 */
@final
export class Utf8Ranges {
  private readonly sequences: i32[] = [];
  /** Steps made for this set, by what they are: lo, hi, target, number. */
  private readonly made: i32[] = [];

  /** @param next the step behind the set */
  constructor(
    private readonly program: Program,
    private readonly next: i32,
  ) {}

  /** The first step of the set; NONE (-1) for an empty set, which never matches. */
  compile(set: CharSet): i32 {
    for (let i = 0; i < set.count; i++) this.cutByLength(set.lo(i), set.hi(i));
    return this.compileGroup(0, this.sequences.length, 0);
  }

  private cutByLength(lo: i32, hi: i32): void {
    if (lo <= LAST_ONE) this.cutByByte(lo, min(hi, LAST_ONE), 1);
    if (hi > LAST_ONE && lo <= LAST_TWO) {
      this.cutByByte(max(lo, LAST_ONE + 1), min(hi, LAST_TWO), 2);
    }
    if (hi > LAST_TWO && lo <= LAST_THREE) {
      this.cutByByte(max(lo, LAST_TWO + 1), min(hi, LAST_THREE), 3);
    }
    if (hi > LAST_THREE) this.cutByByte(max(lo, LAST_THREE + 1), hi, 4);
  }

  /** Cuts where a later byte does not go through all of its values. */
  private cutByByte(lo: i32, hi: i32, width: i32): void {
    for (let bits = 6; bits < width * 6; bits += 6) {
      if (lo >> bits == hi >> bits) continue;
      const rest = (1 << bits) - 1;
      let cut = NONE;
      if ((lo & rest) != 0) cut = lo | rest;
      else if ((hi & rest) != rest) cut = (hi & ~rest) - 1;
      if (cut == NONE) continue;
      this.cutByByte(lo, cut, width);
      this.cutByByte(cut + 1, hi, width);
      return;
    }
    this.addSequence(lo, hi, width);
  }

  private addSequence(lo: i32, hi: i32, width: i32): void {
    const mark = width == 1 ? 0 : (0xf00 >> width) & 0xff;
    for (let i = 0; i < WIDTH / 2; i++) {
      const shift = (width - 1 - i) * 6;
      const lead = i == 0 ? mark : 0x80;
      const mask = i == 0 ? 0xff : 0x3f;
      this.sequences.push(i < width ? lead | ((lo >> shift) & mask) : 0);
      this.sequences.push(i < width ? lead | ((hi >> shift) & mask) : 0);
    }
  }

  /** Sequences from `start` to `end` that are alike up to byte `depth`; at most four levels deep. */
  private compileGroup(start: i32, end: i32, depth: i32): i32 {
    const sequences = this.sequences;
    let alternatives = NONE;
    for (let last = end; last > start && !this.program.isTooLarge;) {
      const lo = sequences[last - WIDTH + depth * 2];
      const hi = sequences[last - WIDTH + depth * 2 + 1];
      let first = last - WIDTH;
      while (
        first > start &&
        sequences[first - WIDTH + depth * 2] == lo &&
        sequences[first - WIDTH + depth * 2 + 1] == hi
      ) {
        first -= WIDTH;
      }
      const isEnd = depth == 3 || sequences[first + depth * 2 + 2] == 0;
      const target = isEnd ? this.next : this.compileGroup(first, last, depth + 1);
      const step = this.step(lo, hi, target);
      alternatives = alternatives == NONE ? step : this.program.add(Op.Split, step, alternatives);
      last = first;
    }
    return alternatives;
  }

  private step(lo: i32, hi: i32, target: i32): i32 {
    const made = this.made;
    for (let i = 0; i < made.length; i += 4) {
      if (made[i] == lo && made[i + 1] == hi && made[i + 2] == target) return made[i + 3];
    }
    const step = this.program.add(Op.Byte, target, 0, lo, hi);
    made.push(lo);
    made.push(hi);
    made.push(target);
    made.push(step);
    return step;
  }
}
