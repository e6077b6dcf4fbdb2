import { Slice } from "@ai-gateway-wasm/bytes";
import { RegexError, RegexFault } from "./error";

export const END: i32 = -1;

/** A pattern that is being read: where we are, and what is wrong with it. */
@final
export class Pattern {
  /** Position of the next code point, in bytes. */
  at: i32 = 0;

  /** @param text valid UTF-8 */
  constructor(
    readonly text: Slice,
    private readonly error: RegexError,
  ) {}

  get hasFailed(): bool {
    return this.error.fault != RegexFault.None;
  }

  get isAtEnd(): bool {
    return this.at >= this.text.length;
  }

  /** The next code point, or END. */
  get next(): i32 {
    return this.runeAt(this.at);
  }

  /** Reads the next code point, or END. */
  take(): i32 {
    const rune = this.next;
    if (rune != END) this.at += widthOf(rune);
    return rune;
  }

  /** Skips one byte when it is this one. */
  skips(byte: i32): bool {
    if (this.text.at(this.at) != byte) return false;
    this.at++;
    return true;
  }

  /** Skips these bytes when they are next. */
  skipsAll(part: Slice): bool {
    if (!this.text.sub(this.at).startsWith(part)) return false;
    this.at += part.length;
    return true;
  }

  /** Notes a fault, the first one stays. The fragment goes from `start` to here. */
  fail(fault: RegexFault, start: i32): void {
    this.failWith(fault, start, this.at);
  }

  failWith(fault: RegexFault, start: i32, end: i32): void {
    if (this.hasFailed) return;
    this.error.fault = fault;
    this.error.offset = start;
    this.error.fragment = this.text.sub(start, end);
    this.at = this.text.length; // nothing is read any more
  }

  private runeAt(at: i32): i32 {
    const text = this.text;
    const lead = text.at(at);
    if (lead < 0x80) return lead;
    if (lead < 0xe0) return ((lead & 0x1f) << 6) | (text.at(at + 1) & 0x3f);
    const second = text.at(at + 1) & 0x3f;
    const third = text.at(at + 2) & 0x3f;
    if (lead < 0xf0) return ((lead & 0x0f) << 12) | (second << 6) | third;
    return ((lead & 7) << 18) | (second << 12) | (third << 6) | (text.at(at + 3) & 0x3f);
  }
}

/** Bytes of a code point in UTF-8. */
export function widthOf(rune: i32): i32 {
  return rune < 0x80 ? 1 : rune < 0x800 ? 2 : rune < 0x10000 ? 3 : 4;
}
