import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { isWordByte } from "../regex/byte-classes";
import {
  ABSENT,
  byteCount,
  foldCharacter,
  isSeparator,
  lowerCharacter,
  widthAfter,
} from "./characters";
import { WordFilter } from "./word-filter";
import { ENDS_WITH_WORD, GAPS_SHIFT, IS_ASCII, STARTS_WITH_WORD, WordList } from "./word-list";
import { WordOptions } from "./word-options";
import { WordTree } from "./word-tree";

/** Bytes of a word after normalisation. */
const MAX_WORD: i32 = 1000;

/** Collects words for a `WordSet`. */
@final
export class WordSetBuilder {
  private readonly list: WordList = new WordList();
  private readonly word: Builder = new Builder(MAX_WORD);

  constructor(private readonly options: WordOptions = new WordOptions()) {}

  /**
   * Adds a word. Of words that are the same by these options the first one counts.
   *
   * @param payload what a match answers; any number
   * @returns false for a word that cannot be looked for: empty, more than 1000 bytes, or beginning
   *   or ending with a separator where separators are ignored
   */
  add(text: Slice, payload: i32): bool {
    const word = this.word;
    word.clear();
    let gaps = 0;
    let isAfterSeparator = false;
    for (let at = 0; at < text.length;) {
      const width = characterAt(text, at);
      const char = normalised(packed(text, at, width), this.options);
      at += width;
      if (char == ABSENT) continue;
      if (this.options.ignoreSeparators && isSeparator(char)) {
        if (word.length == 0) return false;
        isAfterSeparator = true;
        continue;
      }
      if (isAfterSeparator) gaps++;
      isAfterSeparator = false;
      for (let i = 0; i < byteCount(char); i++) word.appendByte(<u8>(char >> (i << 3)));
      if (word.length > MAX_WORD) return false;
    }
    if (word.length == 0 || isAfterSeparator) return false;
    const bytes = word.view();
    const traits = this.options.anywhere ? 0 : traitsOf(bytes);
    this.list.add(bytes, payload, traits | (gaps << GAPS_SHIFT));
    return true;
  }

  build(): WordSet {
    return new WordSet(
      this.options,
      new WordTree(this.list),
      new WordFilter(this.list, this.options),
    );
  }
}

/** Words to look for, all in one pass over a text. Immutable; see `WordScan`. */
@final
export class WordSet {
  /** Only for `WordSetBuilder`. */
  constructor(
    readonly options: WordOptions,
    readonly tree: WordTree,
    readonly filter: WordFilter,
  ) {}

  /** Memory it holds, in bytes. */
  get bytes(): i32 {
    return this.tree.bytes + this.filter.bytes;
  }
}

/** A character by these options; ABSENT when it counts for nothing. */
export function normalised(char: u32, options: WordOptions): u32 {
  if (options.normalise) char = foldCharacter(char);
  return options.caseSensitive ? char : lowerCharacter(char);
}

/** Bytes of the character at a position, or of what there is of it. */
export function characterAt(text: Slice, at: i32): i32 {
  const width = widthAfter(text.at(at));
  let length = 1;
  while (length < width && (text.at(at + length) & ~0x3f) == 0x80) length++;
  return length;
}

export function packed(text: Slice, at: i32, width: i32): u32 {
  let char: u32 = 0;
  for (let i = 0; i < width; i++) char |= (<u32>text.at(at + i)) << (i << 3);
  return char;
}

function traitsOf(word: Slice): i32 {
  for (let i = 0; i < word.length; i++) {
    if (word.at(i) >= 0x80) return 0;
  }
  let traits = IS_ASCII;
  if (isWordByte(word.at(0))) traits |= STARTS_WITH_WORD;
  if (isWordByte(word.at(word.length - 1))) traits |= ENDS_WITH_WORD;
  return traits;
}
