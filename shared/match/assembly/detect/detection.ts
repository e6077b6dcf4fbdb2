import { Slice } from "@ai-gateway-wasm/bytes";
import { Finder } from "../find/finder";
import { Search } from "../find/search";
import { Border, isDigit, mayBegin, mayEnd } from "./border";
import { Check, validEnd } from "./checks";
import { EmailSearch } from "./email";

/** Of a search that was not asked yet, and of one that has no further match. */
const UNKNOWN: i32 = -1;
const NOWHERE: i32 = i32.MAX_VALUE;

/**
 * The values of one kind in a text:
 *
 *   const detection = detector.search(text);
 *   while (detection.next()) …detection.start, detection.end
 *
 * A candidate between wrong neighbours, or whose checksum is wrong, is none; the search goes on one
 * byte behind its start.
 */
@final
export class Detection {
  start: i32 = 0;
  end: i32 = 0;
  private readonly searches: Search[] = [];
  /** Where the match of each search begins, as far as it was asked. */
  private readonly starts: i32[] = [];
  private from: i32 = 0;
  private readonly emails: EmailSearch;

  /** Only for `Detector`. */
  constructor(
    private readonly text: Slice,
    finders: Finder[],
    private readonly border: Border,
    private readonly check: Check,
  ) {
    this.emails = new EmailSearch(text);
    for (let i = 0; i < finders.length; i++) {
      this.searches.push(finders[i].search(text));
      this.starts.push(UNKNOWN);
    }
  }

  /** Goes to the next value that does not overlap the last one; false when there is none. */
  next(): bool {
    while (this.skip() && this.findCandidate()) {
      const start = this.start;
      this.from = start + 1;
      const end = this.endOf(start, this.end);
      if (end < 0) continue;
      this.end = this.from = end;
      return true;
    }
    return false;
  }

  /** Goes to the first value that begins at `from` or behind; `next` goes on behind it. */
  find(from: i32): bool {
    this.from = from;
    return this.next();
  }

  /** The search with the leftmost candidate from `from` on. */
  private nearest(): i32 {
    const starts = this.starts;
    let nearest = 0;
    for (let i = 0; i < starts.length; i++) {
      if (starts[i] < this.from) {
        const search = this.searches[i];
        starts[i] = search.find(this.from) ? search.start : NOWHERE;
      }
      if (starts[i] < starts[nearest]) nearest = i;
    }
    return nearest;
  }

  /**
   * Passes over places where no value begins: a candidate for each digit of a long number would be
   * looked at in vain. False at the end of the text.
   */
  private skip(): bool {
    while (this.from < this.text.length && !mayBegin(this.border, this.text, this.from)) {
      this.from++;
    }
    return this.from < this.text.length;
  }

  /** Of a card the first digit says enough: the expression would take a hundred times as long. */
  private findCandidate(): bool {
    if (this.check == Check.Email) return this.findEmail();
    if (this.check == Check.Card) {
      while (this.from < this.text.length && !isDigit(this.text.at(this.from))) this.from++;
      this.start = this.end = this.from;
      return this.from < this.text.length;
    }
    const nearest = this.nearest();
    this.start = this.starts[nearest];
    if (this.start == NOWHERE) return false;
    this.end = this.searches[nearest].end;
    return true;
  }

  private findEmail(): bool {
    const emails = this.emails;
    if (!emails.find(this.from)) return false;
    this.start = emails.start;
    this.end = emails.end;
    return true;
  }

  /** Where the value ends; −1: it is none. */
  private endOf(start: i32, end: i32): i32 {
    if (!mayBegin(this.border, this.text, start)) return -1;
    // Of a card's candidate a part may be the card, up to a border in it.
    if (this.check != Check.Card && !mayEnd(this.border, this.text, end)) return -1;
    return validEnd(this.check, this.text, start, end);
  }
}
