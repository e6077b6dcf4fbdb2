import { Place } from "./ast";
import { Op, Program } from "./program";

/** True for the bytes of `\w`. */
export function isWordByte(byte: i32): bool {
  const letter = byte | 0x20;
  return (
    (letter >= 0x61 && letter <= 0x7a && byte < 0x80) ||
    (byte >= 0x30 && byte <= 0x39) ||
    byte == 0x5f
  );
}

/** True for the bytes of `\d`; false for −1, where there is none. */
export function isDigit(byte: i32): bool {
  return <u32>(byte - 0x30) < 10;
}

/** Bytes that a program cannot tell apart are one class; most programs have fewer than forty. */
@final
export class ByteClasses {
  readonly classOf: StaticArray<u8> = new StaticArray<u8>(256);
  /** One byte of each class. */
  readonly sample: StaticArray<u8> = new StaticArray<u8>(256);
  /** Number of classes. */
  readonly count: i32;

  constructor(program: Program) {
    const starts = new StaticArray<bool>(257);
    starts[0] = true;
    for (let step = 0; step < program.length; step++) {
      if (program.op(step) != Op.Byte) continue;
      starts[program.lo(step)] = true;
      starts[program.hi(step) + 1] = true;
    }
    const places = program.places;
    // Where a byte goes on with a character there is no place to ask about.
    if (places != 0) starts[0x80] = starts[0xc0] = true;
    if ((places & (Place.LineStart | Place.LineEnd)) != 0) starts[0x0a] = starts[0x0b] = true;
    if ((places & (Place.WordBorder | Place.NoWordBorder)) != 0) {
      for (let byte = 1; byte < 256; byte++) {
        if (isWordByte(byte) != isWordByte(byte - 1)) starts[byte] = true;
      }
    }
    if ((places & (Place.NotAfterDigit | Place.NotBeforeDigit)) != 0) {
      starts[0x30] = starts[0x3a] = true;
    }
    let count = 0;
    for (let byte = 0; byte < 256; byte++) {
      if (starts[byte]) this.sample[count++] = <u8>byte;
      this.classOf[byte] = <u8>(count - 1);
    }
    this.count = count;
  }
}
