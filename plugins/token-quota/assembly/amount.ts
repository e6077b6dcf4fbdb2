import { Slice } from "@ai-gateway-wasm/bytes";

/** A number of tokens as an administrator wrote it. */
@final
export class Amount {
  static readonly ZERO: Amount = new Amount(0);

  constructor(readonly value: i64) {}

  /**
   * A decimal integer with an optional sign that fits 64 bits, as Go's strconv takes it; null for
   * anything else. No blanks: an unescaped `+5` in a form is ` 5` and refused, as in the peer.
   */
  static parse(text: Slice): Amount | null {
    const isNegative = text.at(0) == 0x2d;
    const start = isNegative || text.at(0) == 0x2b ? 1 : 0;
    if (text.length == start) return null;
    // Counted down from zero, because the smallest number has no positive counterpart.
    let value: i64 = 0;
    for (let i = start; i < text.length; i++) {
      const digit = text.at(i) - 0x30;
      if (<u32>digit > 9 || value < (i64.MIN_VALUE + digit) / 10) return null;
      value = value * 10 - digit;
    }
    if (isNegative) return new Amount(value);
    return value == i64.MIN_VALUE ? null : new Amount(-value);
  }
}
