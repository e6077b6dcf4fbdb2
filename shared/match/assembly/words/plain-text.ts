import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { isWordByte } from "../regex/byte-classes";
import { ABSENT, byteCount, isSeparator, widthAfter } from "./characters";
import { FIRST_IS_WORD, LAST_IS_WORD, Mark, Marks } from "./marks";
import { WordOptions } from "./word-options";
import { normalised } from "./word-set";

/** Bytes that are made plain in one go. */
const BLOCK: i32 = 4096;
/** What a character may come to, and a step of sixteen. */
const ROOM: i32 = 24;
/** More separators in a row end a word. */
const MAX_SEPARATORS: i32 = 4;
/** Behind the ideographic space: `、` and `。`. */
const LAST_SEPARATOR: i32 = 2;
/** Stands where they do: no word has it. */
const BREAK: i32 = 0xff;

/**
 * A text that arrives in pieces as the options of a set see it: letters in lower case, full-width
 * forms as half-width, what counts for nothing left out. The words are looked for in these plain
 * bytes; where they stand in the text as it was written, `Marks` knows.
 *
 *   text.feed(piece);
 *   while (text.fill(first plain position that is still needed)) …read up to `end`
 */
@final
export class PlainText {
  /** Plain position of the first byte that is kept, and behind the last one. */
  base: i32 = 0;
  end: i32 = 0;
  readonly marks: Marks = new Marks();
  private bytes: StaticArray<u8> = new StaticArray<u8>(0);
  private piece: Slice = NO_BYTES;
  /** Of the piece: the byte that is read next. */
  private at: i32 = 0;
  /** Bytes of a character that the next piece may end. */
  private begun: u32 = 0;
  private begunLength: i32 = 0;
  private separators: i32 = 0;
  private isFinished: bool = false;
  private readonly foldsWidth: bool;
  private readonly foldsCase: bool;
  private readonly skipsSeparators: bool;

  constructor(private readonly options: WordOptions) {
    this.foldsWidth = options.normalise;
    this.foldsCase = !options.caseSensitive;
    this.skipsSeparators = options.ignoreSeparators;
  }

  /** Begins with another text. Keeps its memory. */
  restart(): void {
    this.feed(NO_BYTES);
    this.marks.clear();
    this.base = 0;
    this.end = 0;
    this.begun = 0;
    this.begunLength = 0;
    this.separators = 0;
    this.isFinished = false;
  }

  /** Goes on with the next piece; the one before was read to its end. */
  feed(piece: Slice): void {
    this.piece = piece;
    this.at = 0;
  }

  /** There is no further piece. */
  finish(): void {
    this.feed(NO_BYTES);
    this.isFinished = true;
  }

  /** Written bytes so far, and of these those of characters that are complete. */
  get written(): i32 {
    return this.end + this.marks.shift + this.begunLength;
  }

  get complete(): i32 {
    return this.end + this.marks.shift;
  }

  /** Address of the byte at a plain position. */
  address(position: i32): usize {
    return changetype<usize>(this.bytes) + <usize>(position - this.base);
  }

  /** The character before a plain position is a letter, a digit or `_`. */
  isAfterWord(position: i32): bool {
    const gap = this.skipsSeparators ? this.marks.gapAt(position) : -1;
    if (gap >= 0) return (gap & LAST_IS_WORD) != 0;
    return position > this.base && isWordByte(<i32>load<u8>(this.address(position - 1)));
  }

  /** The character at a plain position is one; it was read. */
  isBeforeWord(position: i32): bool {
    const gap = this.skipsSeparators ? this.marks.gapAt(position) : -1;
    if (gap >= 0) return (gap & FIRST_IS_WORD) != 0;
    return isWordByte(<i32>load<u8>(this.address(position)));
  }

  /** What stands at a plain position is known: a byte, or a gap before one. */
  knows(position: i32): bool {
    return position < this.end || (this.skipsSeparators && this.marks.gapAt(position) >= 0);
  }

  /**
   * Reads on, a few thousand bytes at most. What stands before `keep` is forgotten.
   *
   * @returns false when no byte came of it: the piece has no more
   */
  fill(keep: i32): bool {
    const left = this.piece.length - this.at;
    if (left == 0 && !(this.isFinished && this.begunLength > 0)) return false;
    const length = min(left, BLOCK);
    this.makeRoom(max(keep, this.base), length + ROOM);
    const before = this.end;
    const stop = this.at + length;
    if (this.begunLength > 0) this.readWide();
    while (this.at < stop) {
      this.copyPlain(stop);
      if (this.at < stop) this.readOne();
    }
    return this.end > before;
  }

  /**
   * Copies sixteen bytes at a time, up to a character that has to be looked at. Of ASCII nothing has
   * to be, whatever separates.
   */
  private copyPlain(stop: i32): void {
    const piece = this.piece;
    let from = piece.ptr + <usize>this.at;
    let to = this.address(this.end);
    // Two bytes more are looked at for what a lead byte leads.
    const last = piece.ptr + <usize>min(stop, piece.length - 2) - 16;
    while (from <= last) {
      const chunk = v128.load(from);
      v128.store(to, this.foldsCase ? lowerChunk(chunk) : chunk);
      let special = 0;
      if (this.skipsSeparators) special = separators(chunk) | wides(chunk, from, LAST_SEPARATOR);
      else if (this.foldsWidth) special = wides(chunk, from, 0);
      const plain: usize = special == 0 ? 16 : ctz<i32>(special);
      from += plain;
      to += plain;
      this.end += <i32>plain;
      if (plain > 0) this.separators = 0;
      if (special == 0) continue;
      const byte = <u32>load<u8>(from);
      if (byte >= 0x80) break;
      this.takeSeparator(byte, 1);
      to = this.address(this.end);
      from++;
    }
    this.at = <i32>(from - piece.ptr);
  }

  private readOne(): void {
    const lead = this.piece.at(this.at);
    if (lead >= 0x80 && (this.foldsWidth || this.skipsSeparators)) {
      this.begun = 0;
      return this.readWide();
    }
    this.at++;
    if (lead >= 0x80 || this.skipsSeparators) return this.take(lead, 1);
    // Most of what a stream says is too short for `copyPlain`.
    this.put(this.foldsCase && <u32>(lead - 0x41) < 26 ? lead | 0x20 : lead);
  }

  /** Begins a character of several bytes, or goes on with one. */
  private readWide(): void {
    const piece = this.piece;
    let width = this.begunLength == 0 ? 4 : widthAfter(this.begun & 0xff);
    while (this.begunLength < width) {
      const byte = piece.at(this.at);
      if (byte < 0 && !this.isFinished) return;
      if (this.begunLength == 0) width = widthAfter(byte);
      else if (byte < 0 || (byte & ~0x3f) != 0x80) break; // it is cut: its bytes as they are
      this.begun |= (<u32>byte) << (this.begunLength++ << 3);
      this.at++;
    }
    const length = this.begunLength;
    this.begunLength = 0;
    this.take(this.begun, length);
  }

  /** A character as it was written, of so many bytes. */
  private take(written: u32, length: i32): void {
    const plain = normalised(written, this.options);
    if (plain == ABSENT) return this.marks.add(this.end, Mark.Absent, length);
    if (this.skipsSeparators && isSeparator(plain)) return this.takeSeparator(plain, length);
    this.separators = 0;
    const width = byteCount(plain);
    for (let i = 0; i < width; i++) this.put(<i32>(plain >> (i << 3)));
    if (width != length) this.marks.add(this.end, Mark.Folded, length - width);
  }

  private takeSeparator(separator: u32, length: i32): void {
    if (++this.separators > MAX_SEPARATORS) {
      this.put(BREAK);
      this.marks.add(this.end, Mark.Absent, -1);
      this.separators = 1;
    }
    this.marks.addSeparator(this.end, length, isWordByte(separator & 0xff));
  }

  private put(byte: i32): void {
    store<u8>(this.address(this.end++), <u8>byte);
  }

  private makeRoom(keep: i32, room: i32): void {
    const kept = this.end - keep;
    const from = this.address(keep);
    let bytes = this.bytes;
    // Forgotten bytes make room before more memory does; half of it stays, or each piece moved all.
    if (bytes.length < kept + room) bytes = new StaticArray<u8>((kept + room) << 1);
    else if (this.end - this.base + room <= bytes.length) return;
    memory.copy(changetype<usize>(bytes), from, <usize>kept);
    this.bytes = bytes;
    this.base = keep;
    this.marks.forget(keep);
  }
}

function lowerChunk(chunk: v128): v128 {
  const isUpper = i8x16.lt_u(i8x16.sub(chunk, i8x16.splat(0x41)), i8x16.splat(26));
  return v128.or(chunk, v128.and(isUpper, i8x16.splat(0x20)));
}

/**
 * Bits of the bytes that may lead a character without width, of another width, or that separates.
 *
 * @param at address of the chunk; two bytes behind it are there, too
 * @param most of the characters from the ideographic space on: how many behind it count
 */
function wides(chunk: v128, at: usize, most: i32): i32 {
  if (i8x16.bitmask(chunk) == 0) return 0;
  // E3 leads Japanese and most Chinese punctuation: only few are another width, or separate.
  const thirds = i8x16.sub(v128.load(at, 2), i8x16.splat(<i8>0x80));
  const zeros = v128.and(is(v128.load(at, 1), 0x80), i8x16.le_u(thirds, i8x16.splat(<i8>most)));
  const wide = v128.or(is(chunk, 0xef), v128.or(is(chunk, 0xe1), is(chunk, 0xe2)));
  const narrow = v128.or(is(chunk, 0xc2), v128.or(is(chunk, 0xcd), is(chunk, 0xd8)));
  const rare = v128.or(is(chunk, 0xf3), v128.and(is(chunk, 0xe3), zeros));
  return i8x16.bitmask(v128.or(rare, v128.or(wide, narrow)));
}

/**
 * Bits of the ASCII bytes that separate (`isSeparator`): a bit for each upper half of such bytes, and
 * for each lower half those of the upper ones it goes with.
 */
function separators(chunk: v128): i32 {
  const lower = v128.and(chunk, i8x16.splat(0x0f));
  const upper = i8x16.shr_u(chunk, 4);
  const both = v128.and(
    i8x16.swizzle(i8x16(18, 2, 2, 0, 0, 0, 0, 2, 0, 1, 7, 4, 42, 7, 42, 14), lower),
    i8x16.swizzle(i8x16(1, 0, 2, 4, 0, 8, 16, 32, 0, 0, 0, 0, 0, 0, 0, 0), upper),
  );
  return i8x16.bitmask(i8x16.ne(both, i8x16.splat(0)));
}

// @ts-expect-error: decorator
@inline
function is(chunk: v128, byte: i32): v128 {
  return i8x16.eq(chunk, i8x16.splat(<i8>byte));
}
