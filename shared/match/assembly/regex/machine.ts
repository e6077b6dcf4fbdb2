import { Place } from "./ast";
import { ByteClasses, isDigit, isWordByte } from "./byte-classes";
import { Program } from "./program";
import { StepSet } from "./step-set";

// What stands before a place, as bits: what assertions need to know.
const AT_START: i32 = 1;
const AFTER_LINE_END: i32 = 2;
const AFTER_WORD: i32 = 4;
const AFTER_DIGIT: i32 = 8;

/**
 * Runs a program one byte after the other, at all steps it may be at at once. Time per byte goes
 * with the size of the program, whatever the text (content-security.md 9.2).
 */
@final
export class Machine {
  /** Where the machine may be. */
  now: StepSet;
  /** What stands before the next byte. */
  before: i32 = AT_START;
  private spare: StepSet;

  constructor(
    private readonly program: Program,
    private readonly classes: ByteClasses,
  ) {
    this.now = new StepSet(program);
    this.spare = new StepSet(program);
  }

  /** Goes to the beginning of a text. */
  begin(): void {
    this.now.clear();
    this.now.add(this.program.start, 0);
    this.before = AT_START;
  }

  /** The part of the text that was read contains a match. */
  get hasMatch(): bool {
    return this.now.hasMatch;
  }

  /** Reads a byte of this class; `classes.count` stands for the end of the text. */
  read(byteClass: i32): void {
    const isEnd = byteClass == this.classes.count;
    const byte = isEnd ? -1 : <i32>this.classes.sample[byteClass];
    if (this.program.places != 0) {
      this.spare.clear();
      this.spare.addAll(this.now, this.placesBefore(byte));
      this.swap();
      if (this.now.hasMatch) return;
    }
    this.spare.clear();
    if (!isEnd) {
      this.spare.addRead(this.now, byte);
      if (!this.program.isAnchored) this.spare.add(this.program.start, 0);
      this.before = this.after(byte);
    }
    this.swap();
  }

  /** Which assertions hold between what was read and `byte`, -1 for the end. */
  placesBefore(byte: i32): i32 {
    if ((byte & ~0x3f) == 0x80) return 0; // inside of a character
    const isAfterWord = (this.before & AFTER_WORD) != 0;
    const isBorder = isAfterWord != (byte >= 0 && isWordByte(byte));
    let places: i32 = isBorder ? Place.WordBorder : Place.NoWordBorder;
    if ((this.before & AFTER_DIGIT) == 0) places |= Place.NotAfterDigit;
    if (!isDigit(byte)) places |= Place.NotBeforeDigit;
    if ((this.before & AT_START) != 0) places |= Place.TextStart | Place.LineStart;
    if ((this.before & AFTER_LINE_END) != 0) places |= Place.LineStart;
    if (byte == 0x0a) places |= Place.LineEnd;
    if (byte < 0) places |= Place.TextEnd | Place.LineEnd;
    return places;
  }

  /** What the program may ask of a place behind `byte`; the rest would only multiply states. */
  after(byte: i32): i32 {
    const places = this.program.places;
    if (byte == 0x0a && (places & Place.LineStart) != 0) return AFTER_LINE_END;
    const asksWords = (places & (Place.WordBorder | Place.NoWordBorder)) != 0;
    const after = asksWords && isWordByte(byte) ? AFTER_WORD : 0;
    const asksDigits = (places & Place.NotAfterDigit) != 0;
    return asksDigits && isDigit(byte) ? after | AFTER_DIGIT : after;
  }

  private swap(): void {
    const set = this.now;
    this.now = this.spare;
    this.spare = set;
  }
}
