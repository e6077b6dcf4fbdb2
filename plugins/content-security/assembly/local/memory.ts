import { escape, Escape } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, BytesTable, findTwice, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { DigestTable, sipHash128 } from "@ai-gateway-wasm/crypto";
import {
  WordMatches,
  WordOptions,
  WordScan,
  WordSet,
  WordSetBuilder,
} from "@ai-gateway-wasm/match/words";
import { Edits } from "./edits";

const OPEN: Slice = bytes("[[");
const BRACKET: u8 = 0x5b;
const CLOSE: Slice = bytes("]]");

/** How many values of a kind have a number. */
@final
class Counter {
  count: i32 = 0;
}

/** A masked text, and what it stands for. */
@final
class Pair {
  constructor(
    readonly masked: Slice,
    /** Null: it stands for different texts, so it stays what it is. */
    public original: Slice | null,
  ) {}
}

const DIGEST: i32 = 16;

/** Strangers choose the keys of most of its tables, which are digests that they cannot foresee. */
@final
class Notes {
  /** By label and original. */
  readonly placeholders: DigestTable<Slice> = new DigestTable<Slice>(DIGEST);
  /** What looks like a placeholder in the request itself. */
  readonly taken: DigestTable<Slice> = new DigestTable<Slice>(DIGEST);
  /** By masked text. */
  readonly pairs: DigestTable<Pair> = new DigestTable<Pair>(DIGEST);
  /** By label. */
  readonly counters: BytesTable<Counter> = new BytesTable<Counter>();
  /** Needed for a moment at a time. */
  readonly key: Builder = new Builder(64);
}

/**
 * What was masked in a request, to number it and to put it back into the answer
 * (content-security.md 9.3). One per request; it holds copies.
 */
@final
export class Memory {
  /** Null until something is noted: of most requests nothing is. */
  private notes: Notes | null = null;
  private words: WordSet | null = null;
  private isClosed: bool = false;

  /** @param secret 16 bytes that nobody knows outside */
  constructor(private readonly secret: Slice) {}

  /** True when there is nothing to put back. */
  get isEmpty(): bool {
    const notes = this.notes;
    return notes === null || notes.pairs.size == 0;
  }

  /** `[[LABEL_n]]`, n counts the different originals of the label from 1. */
  placeholder(label: Slice, original: Slice): Slice {
    const notes = this.noted();
    const key = notes.key;
    key.clear();
    key.append(label).appendByte(0).append(original);
    const digest = this.digest(key.view());
    const known = notes.placeholders.find(digest);
    if (known !== null) return known;
    let made = nextPlaceholder(label, notes);
    while (notes.taken.size > 0 && notes.taken.has(this.digest(made))) {
      made = nextPlaceholder(label, notes);
    }
    notes.placeholders.add(digest, made);
    return made;
  }

  /**
   * Notes what looks like a placeholder in a text of the request, so that it is none of ours: the
   * answer to an earlier request may stand there, and would be taken for this one's.
   */
  avoid(text: Slice): void {
    for (let at = findTwice(text, BRACKET, 0); at >= 0; at = findTwice(text, BRACKET, at)) {
      const start = at;
      at += OPEN.length;
      // A label has no brackets, so of more than two in a row the last two count.
      if (text.at(at) == 0x5b) {
        at = start + 1;
        continue;
      }
      while (at < text.length && text.at(at) != 0x5b && text.at(at) != 0x5d) at++;
      if (text.at(at) != 0x5d || text.at(at + 1) != 0x5d) continue;
      const taken = this.noted().taken;
      const digest = this.digest(text.sub(start, at + CLOSE.length));
      if (!taken.has(digest)) taken.add(digest, NO_BYTES);
    }
  }

  /** Nothing more is noted: what is masked in the answer stays so. */
  close(): void {
    this.isClosed = true;
  }

  /** Notes what a masked text stands for. @param original memory of its own, as the other is */
  remember(masked: Slice, original: Slice): void {
    if (masked.isEmpty || this.isClosed) return;
    const digest = this.digest(masked);
    const pairs = this.noted().pairs;
    const known = pairs.find(digest);
    if (known !== null) {
      const before = known.original;
      if (before !== null && !before.equals(original)) known.original = null;
      return;
    }
    pairs.add(digest, new Pair(masked, original));
    this.words = null;
  }

  /**
   * The text with the originals in it. The same slice when there is nothing to put back.
   *
   * @param isJson the text is JSON, and masked texts stand in its strings
   */
  restore(text: Slice, isJson: bool = false): Slice {
    const restored = this.restoring(text, isJson).rewrite(text, 0);
    return restored === null ? text : restored;
  }

  /** What `restore` does, for a text in pieces. */
  restoring(text: Slice, isJson: bool): Edits {
    const edits = new Edits();
    const scan = this.scan();
    if (scan === null) return edits;
    scan.feed(text);
    this.addFound(scan, edits, isJson);
    scan.finish();
    this.addFound(scan, edits, isJson);
    return edits;
  }

  /** Looks for masked texts, of several from the same place for the longest. Null: there are none. */
  scan(): WordScan | null {
    if (this.isEmpty) return null;
    let words = this.words;
    if (words === null) words = this.words = this.build();
    return new WordScan(words, WordMatches.LeftmostLongest);
  }

  /** What a match of `scan` stands for; null: different texts. */
  original(payload: i32): Slice | null {
    const pair = this.noted().pairs.valueAt(payload);
    return pair === null ? null : pair.original;
  }

  private addFound(scan: WordScan, to: Edits, isJson: bool): void {
    while (scan.next()) {
      const original = this.original(scan.payload);
      if (original === null) continue;
      to.add(scan.start, scan.end, isJson ? escape(original, Escape.Plain) : original);
    }
  }

  private noted(): Notes {
    let notes = this.notes;
    if (notes === null) notes = this.notes = new Notes();
    return notes;
  }

  private digest(text: Slice): Slice {
    return sipHash128(this.secret, text);
  }

  /** A masked text of more than 1000 bytes is left out: it cannot be looked for. */
  private build(): WordSet {
    const options = new WordOptions();
    options.caseSensitive = true;
    options.anywhere = true;
    const builder = new WordSetBuilder(options);
    const pairs = this.noted().pairs;
    for (let i = 0; i < pairs.size; i++) {
      const pair = pairs.valueAt(i);
      if (pair !== null) builder.add(pair.masked, i);
    }
    return builder.build();
  }
}

function nextPlaceholder(label: Slice, notes: Notes): Slice {
  let counter = notes.counters.find(label);
  if (counter === null) {
    counter = new Counter();
    notes.counters.set(label, counter);
  }
  const key = notes.key;
  key.clear();
  key.append(OPEN).append(label).appendByte(0x5f); // '_'
  return key.appendInteger(++counter.count).append(CLOSE).toSlice();
}
