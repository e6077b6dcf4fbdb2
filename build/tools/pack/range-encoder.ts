import { Probabilities } from "./model.js";

/** Binary range coder with 32 bits of range, the counterpart of `decode` in shared/unpack. */
export class RangeEncoder {
  private readonly probabilities = new Probabilities();
  private readonly bytes: number[] = [];
  private low = 0;
  private range = 1 << 24;

  write(context: number, bit: number): void {
    const bound = (this.range >>> 12) * this.probabilities.next(context, bit);
    if (bit) {
      this.low += bound;
      this.range -= bound;
    } else {
      this.range = bound;
    }
    while (this.range < 1 << 24) {
      this.shift();
      this.range = (this.range << 8) >>> 0;
    }
  }

  /** What was written. The first byte of four is 0, as the range was so small: it goes without saying. */
  finish(): Uint8Array {
    for (let i = 0; i < 4; i++) this.shift();
    return Uint8Array.from(this.bytes.slice(1));
  }

  /** Moves the highest byte of `low` out; a carry goes up through what is out already. */
  private shift(): void {
    if (this.low >= 2 ** 32) {
      this.low -= 2 ** 32;
      for (let i = this.bytes.length - 1; i >= 0; i--) {
        const byte = ((this.bytes[i] ?? 0) + 1) & 255;
        this.bytes[i] = byte;
        if (byte !== 0) break;
      }
    }
    this.bytes.push(this.low >>> 24);
    this.low = (this.low << 8) >>> 0;
  }
}
