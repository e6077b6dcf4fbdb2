/** What one step of a program does. */
export const enum Op {
  /** The text matches here. */
  Match,
  /** Reads a byte from `lo` to `hi`, then goes to `x`. */
  Byte,
  /** Goes to `x`, or else to `y`. Where `lo` is not 0, a search notes the place in slot `lo`. */
  Split,
  /** Goes to `x` where the place is of kind `y` (`Place`). */
  Assert,
}

/** Steps that a pattern may come to (content-security.md 9.2). */
export const MAX_STEPS: i32 = 10000;

const WIDTH: i32 = 3;

/**
 * A pattern as a machine that reads bytes, one step per entry:
 *
 *   op │ lo << 8 │ hi << 16     x     y
 */
@final
export class Program {
  private steps: i32[] = [];
  /** First step. */
  start: i32 = 0;
  /** Only a text that begins with it can match. */
  isAnchored: bool = false;
  /** Bits of `Place` that occur. */
  places: i32 = 0;

  get length(): i32 {
    return this.steps.length / WIDTH;
  }

  get isTooLarge(): bool {
    return this.length > MAX_STEPS;
  }

  /** Adds a step and answers its number. */
  add(op: Op, x: i32 = 0, y: i32 = 0, lo: i32 = 0, hi: i32 = 0): i32 {
    this.steps.push(op | (lo << 8) | (hi << 16));
    this.steps.push(x);
    this.steps.push(y);
    return this.length - 1;
  }

  setX(step: i32, x: i32): void {
    this.steps[step * WIDTH + 1] = x;
  }

  setY(step: i32, y: i32): void {
    this.steps[step * WIDTH + 2] = y;
  }

  op(step: i32): Op {
    return <Op>(this.steps[step * WIDTH] & 0xff);
  }

  lo(step: i32): i32 {
    return (this.steps[step * WIDTH] >> 8) & 0xff;
  }

  hi(step: i32): i32 {
    return (this.steps[step * WIDTH] >> 16) & 0xff;
  }

  x(step: i32): i32 {
    return this.steps[step * WIDTH + 1];
  }

  y(step: i32): i32 {
    return this.steps[step * WIDTH + 2];
  }
}
