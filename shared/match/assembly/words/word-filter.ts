import { isWordByte } from "../regex/byte-classes";
import { STARTS_WITH_WORD, WordList } from "./word-list";
import { WordOptions } from "./word-options";

/** Bytes by which long words are told apart, and short ones; two Chinese characters, and one. */
const LONG: i32 = 6;
const SHORT: i32 = 3;
const LONG_BYTES: u64 = 0xffff_ffff_ffff;
const SHORT_BYTES: u64 = 0xff_ffff;
/** Bytes that have to be there to tell. */
export const LOOKAHEAD: i32 = 8;
/** Bits for each word, so that few are set. */
const BITS_PER_WORD: i32 = 32;
const MIN_BITS: i32 = 10;
const MAX_BITS: i32 = 21;
/** 2^64 divided by the golden ratio (Knuth, The Art of Computer Programming, 6.4). */
const MULTIPLIER: u64 = 0x9e37_79b9_7f4a_7c15;

const enum Start {
  /** No word begins with the byte. */
  None,
  /** More of it has to be looked at. */
  Some,
  /** One of one or two bytes does. */
  Short,
}

/**
 * Tells at most places of a text, by their next six bytes, that no word begins there: two bits of a
 * table that the first bytes of all words have set. What it does not tell, the tree of words does.
 */
@final
export class WordFilter {
  /** By byte. */
  private readonly starts: StaticArray<u8> = new StaticArray<u8>(256);
  private readonly bits: StaticArray<u8>;
  private readonly shift: u64;
  /** Some word may begin in the middle of an ASCII one. */
  private beginsInside: bool;
  /** Some word has three to five bytes. */
  private hasMedium: bool = false;

  constructor(list: WordList, options: WordOptions) {
    // Separators that were left out may have stood there.
    this.beginsInside = options.ignoreSeparators;
    let size = MIN_BITS;
    while (size < MAX_BITS && 1 << size < list.count * BITS_PER_WORD) size++;
    this.bits = new StaticArray<u8>(1 << (size - 3));
    this.shift = 64 - size;
    for (let word = 0; word < list.count; word++) this.add(list, word);
  }

  /** Memory of the table, in bytes. */
  get bytes(): i32 {
    return this.bits.length + 256;
  }

  /**
   * The first place from `at` on where a word may begin, or that is too near to the end to tell.
   *
   * @param at address of a plain byte
   * @param begin of the first one that is known
   * @param end behind the last one
   */
  seek(at: usize, begin: usize, end: usize): usize {
    const last = end - <usize>LOOKAHEAD;
    const starts = changetype<usize>(this.starts);
    while (at <= last) {
      const byte = load<u8>(at);
      const start = load<u8>(starts + <usize>byte);
      if (start == Start.None) {
        at++;
        continue;
      }
      const bytes = load<u64>(at);
      if (start == Start.Short || this.hasStart(bytes)) {
        if (!this.isInside(at, begin)) return at;
        at++;
      } else {
        // Nearly all that is not ASCII has three bytes.
        at += byte >= 0xe0 && (bytes & 0xc0_c000) == 0x80_8000 ? 3 : 1;
      }
    }
    return at;
  }

  /** False: no word begins there. @param at of eight known bytes; as in `seek` */
  mayBegin(at: usize, begin: usize): bool {
    const start = load<u8>(changetype<usize>(this.starts) + <usize>load<u8>(at));
    if (start == Start.None) return false;
    if (start == Start.Some && !this.hasStart(load<u64>(at))) return false;
    return !this.isInside(at, begin);
  }

  /** Inside of an ASCII word no word begins. */
  private isInside(at: usize, begin: usize): bool {
    if (this.beginsInside || at == begin) return false;
    return isWordByte(<i32>load<u8>(at)) && isWordByte(<i32>load<u8>(at - 1));
  }


  @inline
  private hasStart(bytes: u64): bool {
    return this.has(bytes & LONG_BYTES) || (this.hasMedium && this.has(bytes & SHORT_BYTES));
  }


  @inline
  private has(key: u64): bool {
    const bit = (key * MULTIPLIER) >> this.shift;
    return (
      ((load<u8>(changetype<usize>(this.bits) + <usize>(bit >> 3)) >> (<u8>(bit & 7))) & 1) != 0
    );
  }

  private add(list: WordList, word: i32): void {
    const first = list.byteAt(word, 0);
    if (isWordByte(first) && (list.trait(word) & STARTS_WITH_WORD) == 0) this.beginsInside = true;
    const length = list.lengthOf(word);
    if (length < SHORT) {
      this.starts[first] = <u8>Start.Short;
      return;
    }
    if (this.starts[first] == Start.None) this.starts[first] = <u8>Start.Some;
    if (length < LONG) this.hasMedium = true;
    let key: u64 = 0;
    for (let i = 0; i < (length < LONG ? SHORT : LONG); i++) {
      key |= (<u64>list.byteAt(word, i)) << (i << 3);
    }
    const bit = (key * MULTIPLIER) >> this.shift;
    const at = <i32>(bit >> 3);
    this.bits[at] = this.bits[at] | (1 << ((<u8>bit) & 7));
  }
}
