import { Slice } from "@ai-gateway-wasm/bytes";
import { isWordByte } from "../regex/byte-classes";
import { CharacterReader } from "./character-reader";
import { byteCount, isSeparator } from "./characters";
import { Recent } from "./recent";
import { ENDS_WITH_WORD, GAPS_SHIFT, IS_ASCII, STARTS_WITH_WORD, WordSet } from "./word-set";
import { WordTree } from "./word-tree";

/** Which matches a scan answers. */
export const enum WordMatches {
  /** Every one, in the order of their ends, of equal ends the longest first. */
  All,
  /** None over another: the leftmost, of these the longest, and so on behind it. */
  LeftmostLongest,
}

/** More separators in a row end a word. */
const MAX_SEPARATORS: i32 = 4;
const ROOT: i32 = 0;

/**
 * Looks for the words of a set in a text that arrives in pieces. Each piece is read to its end:
 *
 *   scan.feed(piece);
 *   while (scan.next()) …scan.start, scan.end, scan.payload
 *   forward all but the last scan.live bytes
 *   …
 *   scan.finish(); while (scan.next()) …
 *
 * Positions count the bytes of all pieces. Whether an ASCII word ends at a border is known with the
 * character behind it, so its match comes then.
 */
@final
export class WordScan {
  /** Of the match: its first byte, and the byte behind its last one. */
  start: i32 = 0;
  end: i32 = 0;
  /** Of the word that matched. */
  payload: i32 = 0;

  private readonly tree: WordTree;
  private readonly reader: CharacterReader;
  private readonly recent: Recent;
  private readonly ignoresSeparators: bool;
  private node: i32 = ROOT;
  /** Bytes compared so far; one that counts for nothing is not compared. */
  private count: i32 = 0;
  /** Groups of separators left out so far. */
  private gaps: i32 = 0;
  /** Separators since the last other character. */
  private separators: i32 = 0;
  private isAfterWord: bool = false;
  /** The reader's character is to be compared. */
  private hasCharacter: bool = false;
  /** Words that end where `node` is were not reported yet. */
  private isUnsettled: bool = false;
  /** Where the character that was compared last ends in the text. */
  private lastEnd: i32 = 0;
  /** Of `All`: the word to report next, ROOT for none. */
  private hit: i32 = ROOT;
  private beforeWord: bool = false;
  /** Of `LeftmostLongest`: the first byte that may begin a match, and the number of words noted. */
  private cursor: i32 = 0;
  private noted: i32 = 0;
  private isFinished: bool = false;
  private isDone: bool = false;

  constructor(
    set: WordSet,
    private readonly matches: WordMatches,
  ) {
    this.tree = set.tree;
    this.reader = new CharacterReader(set);
    this.recent = new Recent(set.tree.maxDepth);
    this.ignoresSeparators = set.options.ignoreSeparators;
  }

  /** Goes on with the next piece; the one before was read to its end. */
  feed(piece: Slice): void {
    this.reader.feed(piece);
  }

  /** There is no further piece. */
  finish(): void {
    this.reader.finish();
    this.isFinished = true;
  }

  /** Goes to the next match; false when the piece has no further one. */
  next(): bool {
    while (!this.report()) {
      if (!this.advance()) return false;
    }
    return true;
  }

  /**
   * How many bytes at the end of what was fed may still belong to a match, in the bytes of the text.
   * Where there are no words of more than n bytes, not more than n, plus what was left out in it.
   */
  get live(): i32 {
    if (this.isDone) return 0;
    const first = this.firstLive();
    const from = first < this.count ? this.recent.origin(first) : this.reader.pendingFrom;
    return this.reader.position - from;
  }

  /** The first byte that a match may begin with. */
  private firstLive(): i32 {
    return max(this.cursor, this.count - this.tree.depthOf(this.node));
  }

  /** One step: a character is read, then compared. False at the end of the piece. */
  private advance(): bool {
    const reader = this.reader;
    if (this.hasCharacter) {
      this.hasCharacter = false;
      this.compare(reader.character);
      return true;
    }
    if (this.node == ROOT && !this.isUnsettled) this.skip();
    if (reader.next()) {
      this.settle(isWordByte(reader.character & 0xff));
      this.hasCharacter = true;
      return true;
    }
    if (!this.isFinished || this.isDone) return false;
    this.settle(false);
    this.node = ROOT;
    this.isDone = true;
    return true;
  }

  /** Passes over what no word begins with. Three quarters of the time that prose would take. */
  private skip(): void {
    const skipped = this.reader.skip();
    if (skipped == 0) return;
    this.count += skipped;
    this.separators = 0;
    this.isAfterWord = isWordByte(this.reader.lastSkipped);
  }

  private compare(character: u32): void {
    if (this.ignoresSeparators && isSeparator(character)) {
      if (++this.separators > MAX_SEPARATORS) this.node = ROOT;
      this.isAfterWord = isWordByte(character & 0xff);
      return;
    }
    if (this.separators > 0) this.gaps++;
    this.separators = 0;
    const tree = this.tree;
    let node = this.node;
    for (let i = byteCount(character); i > 0; i--) {
      this.recent.add(this.count++, this.reader.start, this.gaps, this.isAfterWord);
      node = tree.step(node, character & 0xff);
      this.isAfterWord = isWordByte(character & 0xff);
      character >>= 8;
    }
    this.node = node;
    this.lastEnd = this.reader.end;
    this.isUnsettled = tree.firstHit(node) != ROOT;
  }

  /** The words that end here end before a letter or digit, or not. */
  private settle(beforeWord: bool): void {
    if (!this.isUnsettled) return;
    this.isUnsettled = false;
    this.beforeWord = beforeWord;
    this.hit = this.tree.firstHit(this.node);
    if (this.matches == WordMatches.All) return;
    for (; this.hit != ROOT; this.hit = this.tree.nextHit(this.hit)) {
      const first = this.count - this.tree.depthOf(this.hit);
      if (first < this.cursor || !this.isWhole(this.hit, first)) continue;
      if (this.recent.hit(first) == ROOT) this.noted++;
      this.recent.setHit(first, this.hit, this.count, this.lastEnd);
    }
  }

  /** Sets the next match that is certain; false when there is none. */
  private report(): bool {
    return this.matches == WordMatches.All ? this.reportHit() : this.reportLongest();
  }

  private reportHit(): bool {
    while (this.hit != ROOT) {
      const hit = this.hit;
      const first = this.count - this.tree.depthOf(hit);
      this.hit = this.tree.nextHit(hit);
      if (!this.isWhole(hit, first)) continue;
      this.setMatch(hit, first, this.lastEnd);
      return true;
    }
    return false;
  }

  /** From bytes before those of the node no further word begins: what was noted of them is final. */
  private reportLongest(): bool {
    const first = this.count - this.tree.depthOf(this.node);
    const recent = this.recent;
    while (this.noted > 0 && this.cursor < first) {
      const from = this.cursor++;
      const hit = recent.hit(from);
      if (hit == ROOT) continue;
      this.noted--;
      this.setMatch(hit, from, recent.end(from));
      // Words that begin inside of the match are none.
      for (; this.cursor < recent.endCount(from); this.cursor++) {
        if (recent.hit(this.cursor) != ROOT) this.noted--;
      }
      return true;
    }
    if (this.cursor < first) this.cursor = first;
    return false;
  }

  private setMatch(hit: i32, first: i32, end: i32): void {
    this.start = this.recent.origin(first);
    this.end = end;
    this.payload = this.tree.payload(hit);
  }

  /** Whether the word that ends here is a whole one, and not torn. @param first its first byte */
  private isWhole(hit: i32, first: i32): bool {
    const traits = this.tree.trait(hit);
    if ((traits & IS_ASCII) == 0) return true;
    if ((traits & ENDS_WITH_WORD) != 0 && this.beforeWord) return false;
    if ((traits & STARTS_WITH_WORD) != 0 && this.recent.isAfterWord(first)) return false;
    const gaps = this.gaps - this.recent.gapsBefore(first);
    return gaps == traits >> GAPS_SHIFT || gaps == this.tree.depthOf(hit) - 1;
  }
}
