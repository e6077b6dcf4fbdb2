import { Slice } from "@ai-gateway-wasm/bytes";
import { Longest } from "./longest";
import { PlainText } from "./plain-text";
import { LOOKAHEAD, WordFilter } from "./word-filter";
import { ENDS_WITH_WORD, GAPS_SHIFT, IS_ASCII, STARTS_WITH_WORD } from "./word-list";
import { WordSet } from "./word-set";
import { WordTree } from "./word-tree";

/** Which matches a scan answers. */
export const enum WordMatches {
  /** Every one, in the order of their ends, of equal ends the longest first. */
  All,
  /** None over another: the leftmost, of these the longest, and so on behind it. */
  LeftmostLongest,
}

const ROOT: i32 = 0;
/** Of a longer node a word has begun in earnest: to ask whether one may is not worth it. */
const SHALLOW: i32 = 4;

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
  private readonly filter: WordFilter;
  private readonly text: PlainText;
  private node: i32 = ROOT;
  /** Plain position of the byte that is compared next. */
  private at: i32 = 0;
  /** Words that end where `node` is were not reported yet. */
  private isUnsettled: bool = false;
  /** Of `All`: the word to report next, ROOT for none. */
  private hit: i32 = ROOT;
  private beforeWord: bool = false;
  /** Of `LeftmostLongest`: the first byte that may begin a match, and the words noted. */
  private cursor: i32 = 0;
  private noted: i32 = 0;
  private longest: Longest | null = null;
  private isFinished: bool = false;
  private isDone: bool = false;

  constructor(
    set: WordSet,
    private readonly matches: WordMatches,
  ) {
    this.tree = set.tree;
    this.filter = set.filter;
    this.text = new PlainText(set.options);
  }

  /** Begins with another text. */
  restart(): void {
    this.text.restart();
    this.node = ROOT;
    this.at = 0;
    this.isUnsettled = false;
    this.hit = ROOT;
    this.cursor = 0;
    this.noted = 0;
    this.longest = null;
    this.isFinished = false;
    this.isDone = false;
  }

  /** Goes on with the next piece; the one before was read to its end. */
  feed(piece: Slice): void {
    this.text.feed(piece);
  }

  /** There is no further piece. */
  finish(): void {
    this.text.finish();
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
    const text = this.text;
    const first = this.firstLive();
    return text.written - (first < text.end ? text.marks.start(first) : text.complete);
  }

  /** The first byte that a match may begin with. */
  private firstLive(): i32 {
    return max(this.cursor, this.at - this.tree.depthOf(this.node));
  }

  /** Reads on to where words end. False at the end of the piece. */
  private advance(): bool {
    const text = this.text;
    const hasMore = this.at < text.end || text.fill(this.firstLive() - 1);
    if (this.isUnsettled && text.knows(this.at)) this.settle(text.isBeforeWord(this.at));
    else if (hasMore) this.compare();
    else if (this.isFinished && !this.isDone) this.finishText();
    else return false;
    return true;
  }

  private finishText(): void {
    this.settle(false);
    this.node = ROOT;
    this.isDone = true;
  }

  private compare(): void {
    const tree = this.tree;
    const filter = this.filter;
    const text = this.text;
    const begin = text.address(text.base);
    const end = text.address(text.end);
    let at = text.address(this.at);
    let node = this.node;
    /** A word may begin there: it was asked already. */
    let begun = 0 as usize;
    while (at < end) {
      // Beginnings of words that none has begun with are dropped.
      while (node != ROOT) {
        const depth = tree.depthOf(node);
        const from = at - <usize>depth;
        if (depth > SHALLOW || from == begun || from < begin || from + LOOKAHEAD > end) break;
        if (filter.mayBegin(from, begin)) begun = from;
        else node = tree.shorter(node);
      }
      if (node == ROOT) at = begun = filter.seek(at, begin, end);
      if (at >= end) break;
      node = tree.step(node, <i32>load<u8>(at++));
      if (tree.firstHit(node) == ROOT) continue;
      this.isUnsettled = true;
      break;
    }
    this.node = node;
    this.at = text.end - <i32>(end - at);
  }

  /** The words that end here end before a letter or digit, or not. */
  private settle(beforeWord: bool): void {
    if (!this.isUnsettled) return;
    this.isUnsettled = false;
    this.beforeWord = beforeWord;
    this.hit = this.tree.firstHit(this.node);
    if (this.matches == WordMatches.All) return;
    let longest = this.longest;
    if (longest === null) longest = this.longest = new Longest(this.tree.maxDepth);
    for (; this.hit != ROOT; this.hit = this.tree.nextHit(this.hit)) {
      const first = this.at - this.tree.depthOf(this.hit);
      if (first < this.cursor || !this.isWhole(this.hit, first)) continue;
      if (longest.hit(first) == ROOT) this.noted++;
      longest.note(first, this.hit, this.at);
    }
  }

  /** Sets the next match that is certain; false when there is none. */
  private report(): bool {
    return this.matches == WordMatches.All ? this.reportHit() : this.reportLongest();
  }

  private reportHit(): bool {
    while (this.hit != ROOT) {
      const hit = this.hit;
      const first = this.at - this.tree.depthOf(hit);
      this.hit = this.tree.nextHit(hit);
      if (!this.isWhole(hit, first)) continue;
      this.setMatch(hit, first, this.at);
      return true;
    }
    return false;
  }

  /** From bytes before those of the node no further word begins: what was noted of them is final. */
  private reportLongest(): bool {
    const first = this.at - this.tree.depthOf(this.node);
    const longest = this.longest;
    while (longest !== null && this.noted > 0 && this.cursor < first) {
      const from = this.cursor++;
      const hit = longest.hit(from);
      if (hit == ROOT) continue;
      const end = longest.end(from);
      this.noted--;
      this.setMatch(hit, from, end);
      // Words that begin inside of the match are none.
      for (; this.cursor < end; this.cursor++) {
        if (longest.hit(this.cursor) != ROOT) this.noted--;
      }
      return true;
    }
    if (this.cursor < first) this.cursor = first;
    return false;
  }

  private setMatch(hit: i32, first: i32, end: i32): void {
    this.start = this.text.marks.start(first);
    this.end = this.text.marks.end(end);
    this.payload = this.tree.payload(hit);
  }

  /** Whether the word that ends here is a whole one, and not torn. @param first its first byte */
  private isWhole(hit: i32, first: i32): bool {
    const traits = this.tree.trait(hit);
    if ((traits & IS_ASCII) == 0) return true;
    if ((traits & ENDS_WITH_WORD) != 0 && this.beforeWord) return false;
    if ((traits & STARTS_WITH_WORD) != 0 && this.text.isAfterWord(first)) return false;
    const gaps = this.text.marks.gapsWithin(first, this.at - 1);
    return gaps == traits >> GAPS_SHIFT || gaps == this.tree.depthOf(hit) - 1;
  }
}
