/*
 * The contexts of shared/unpack, which documents the format. Both sides change together; the first
 * build of a plugin fails in its tests when they do not.
 */
export const LITERAL = 0;
export const MATCH = 1024;
export const REPEATED = 1026;
export const DISTANCE = 1028;
export const LENGTH = 1092;
export const REPEATED_LENGTH = 1156;
const CONTEXTS = 1220;

/** Bytes of zeros that `unpack` wants behind what it writes, for its contexts. */
export const CONTEXT_BYTES = 2 * CONTEXTS + 1;

/** What a bit is told to: the range coder, or a sum of costs. */
export type BitSink = (context: number, bit: number) => void;

/** Adaptive probabilities of a zero, in 4096ths, as `unpack` learns them. */
export class Probabilities {
  private readonly ofZero = new Uint16Array(CONTEXTS).fill(2048);

  /** The probability of a zero; learns that it was `bit`. */
  next(context: number, bit: number): number {
    const zero = this.ofZero[context] ?? 0;
    this.ofZero[context] = bit ? zero - (zero >> 4) : zero + ((4096 - zero) >> 4);
    return zero;
  }
}

/** The bits of a byte: its high bit first. What it is depends on whether the two before it are 0. */
export function writeByte(write: BitSink, byte: number, before: number, last: number): void {
  const tree = LITERAL + (before ? 256 : 0) + (last ? 512 : 0);
  for (let place = 7; place >= 0; place--) {
    write(tree + ((byte | 256) >> (place + 1)), (byte >> place) & 1);
  }
}

/** The bits of a number from 1: each from below with a 1 before it, then a 0. */
export function writeNumber(write: BitSink, context: number, value: number): void {
  for (; value > 1; value >>= 1, context += 2) {
    write(context, 1);
    write(context + 1, value & 1);
  }
  write(context, 0);
}
