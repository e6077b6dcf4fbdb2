/**
 * A decimal number with up to 800 digits: the slow but exact way between text and f64, used when
 * the quick one in number.ts cannot promise the right result. 800 digits hold every f64 exactly
 * (the longest has 767); what is cut off is remembered in `hasMore`.
 *
 *   value = 0.d0 d1 d2 … × 10^point
 *
 * The algorithm is the one of Go's strconv (decimal.go, ftoa.go, atof.go): shift the digits by
 * powers of two until the wanted bits stand before the point.
 */
@final
export class Decimal {
  /** One digit per byte; room for the carry of one left shift behind the last. */
  private digits: StaticArray<u8> = new StaticArray<u8>(MAX_DIGITS + ROOM);
  count: i32 = 0;
  point: i32 = 0;
  private hasMore: bool = false;

  digit(index: i32): i32 {
    return <u32>index < <u32>this.count ? <i32>this.digits[index] : 0;
  }

  /** Appends one digit; leading zeros only if the caller lets them through. */
  append(digit: i32): void {
    if (this.count < MAX_DIGITS) this.digits[this.count++] = <u8>digit;
    else if (digit != 0) this.hasMore = true;
  }

  /** Sets the value to `mantissa` × 2^exponent, whatever it was before. */
  assign(mantissa: u64, exponent: i32): void {
    let size = 0;
    for (let rest = mantissa; rest > 0; rest /= 10) size++;
    this.count = size;
    this.point = size;
    this.hasMore = false;
    for (let i = size - 1; i >= 0; i--) {
      this.digits[i] = <u8>(mantissa % 10);
      mantissa /= 10;
    }
    this.trim();
    this.shift(exponent);
  }

  /** Multiplies by 2^bits. */
  shift(bits: i32): void {
    if (this.count == 0) return;
    for (; bits > MAX_SHIFT; bits -= MAX_SHIFT) this.shiftLeft(MAX_SHIFT);
    for (; bits < -MAX_SHIFT; bits += MAX_SHIFT) this.shiftRight(MAX_SHIFT);
    if (bits > 0) this.shiftLeft(bits);
    if (bits < 0) this.shiftRight(-bits);
  }

  /** The integer part, rounded half to even; meaningful below 2^64. */
  roundedInteger(): u64 {
    let value: u64 = 0;
    for (let i = 0; i < min(this.point, 20); i++) value = value * 10 + <u64>this.digit(i);
    return this.roundsUp(this.point) ? value + 1 : value;
  }

  /** Keeps `count` digits, rounding half to even. */
  round(count: i32): void {
    if (count < 0 || count >= this.count) return;
    if (this.roundsUp(count)) this.roundUp(count);
    else this.roundDown(count);
  }

  roundDown(count: i32): void {
    if (count < 0 || count >= this.count) return;
    this.count = count;
    this.trim();
  }

  roundUp(count: i32): void {
    if (count < 0 || count >= this.count) return;
    let last = count - 1;
    while (last >= 0 && this.digits[last] == 9) last--;
    if (last < 0) {
      this.digits[0] = 1; // 99… becomes 100…
      this.count = 1;
      this.point++;
      return;
    }
    this.digits[last] += 1;
    this.count = last + 1;
  }

  private roundsUp(count: i32): bool {
    if (count < 0 || count >= this.count) return false;
    if (this.digits[count] == 5 && count + 1 == this.count) {
      return this.hasMore || (count > 0 && (this.digits[count - 1] & 1) != 0);
    }
    return this.digits[count] >= 5;
  }

  private shiftRight(bits: i32): void {
    let read = 0;
    let value: u64 = 0;
    while (value >> bits == 0) {
      if (read >= this.count && value == 0) {
        this.count = 0;
        return;
      }
      value = value * 10 + <u64>this.digit(read++);
    }
    this.point -= read - 1;
    const mask: u64 = ((<u64>1) << bits) - 1;
    let written = 0;
    for (; read < this.count; read++) {
      const next = <u64>this.digits[read];
      this.digits[written++] = <u8>(value >> bits);
      value = (value & mask) * 10 + next;
    }
    while (value > 0) {
      const digit = <u8>(value >> bits);
      if (written < MAX_DIGITS) this.digits[written++] = digit;
      else if (digit > 0) this.hasMore = true;
      value = (value & mask) * 10;
    }
    this.count = written;
    this.trim();
  }

  private shiftLeft(bits: i32): void {
    // From the last digit to the first, written ROOM places further right, then moved back.
    let value: u64 = 0;
    let write = this.count + ROOM;
    for (let read = this.count - 1; read >= 0; read--) {
      value += (<u64>this.digits[read]) << bits;
      this.digits[--write] = <u8>(value % 10);
      value /= 10;
    }
    for (; value > 0; value /= 10) this.digits[--write] = <u8>(value % 10);
    const size = this.count + ROOM - write;
    this.point += ROOM - write;
    for (let i = 0; i < size; i++) {
      const digit = this.digits[write + i];
      if (i < MAX_DIGITS) this.digits[i] = digit;
      else if (digit != 0) this.hasMore = true;
    }
    this.count = min(size, MAX_DIGITS);
    this.trim();
  }

  private trim(): void {
    while (this.count > 0 && this.digits[this.count - 1] == 0) this.count--;
    if (this.count == 0) this.point = 0;
  }
}

const MAX_DIGITS = 800;

/** Larger shifts would overflow the 64-bit intermediate value. */
const MAX_SHIFT = 60;

/** 2^60 has 19 digits. */
const ROOM = 19;
