import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { validText } from "../regex/valid-text";
import { Bundle } from "./bundle";
import { PatternSet } from "./pattern-set";
import { Progress } from "./progress";

/**
 * Says which patterns of a set match in a text that arrives in pieces:
 *
 *   scan.feed(piece);
 *   for (let i = scan.nextFound(0); i >= 0; i = scan.nextFound(i + 1)) …
 *   hold back the last scan.live bytes
 *   …
 *   scan.finish();
 *
 * Where they match a `Finder` says; it has to look in what `live` lets go only.
 */
@final
export class PatternScan {
  private readonly progress: Progress[] = [];
  /** The beginning of a character that the next piece ends. */
  private readonly begun: Builder = new Builder(0);

  constructor(private readonly set: PatternSet) {
    for (let i = 0; i < set.bundles.length; i++) this.progress.push(new Progress());
    this.restart();
  }

  /** Begins with another text. */
  restart(): void {
    this.begun.clear();
    for (let i = 0; i < this.progress.length; i++) this.set.bundles[i].begin(this.progress[i]);
  }

  /** Goes on with the next piece. */
  feed(piece: Slice): void {
    const whole = piece.length - cutAtEnd(piece);
    if (this.begun.length == 0 && whole == piece.length) return this.read(piece);
    const joined = this.begun.append(piece).view();
    const length = joined.length - cutAtEnd(joined);
    this.read(joined.sub(0, length));
    const rest = joined.sub(length).copy();
    this.begun.clear();
    this.begun.append(rest);
  }

  /** There is no further piece: patterns that ask for the end match now. */
  finish(): void {
    this.read(this.begun.view());
    this.begun.clear();
    for (let i = 0; i < this.progress.length; i++) this.set.bundles[i].finish(this.progress[i]);
  }

  /** The number of the first pattern from `from` on that has matched; −1: none. */
  nextFound(from: i32): i32 {
    const firsts = this.set.firsts;
    for (let i = 0; i < this.progress.length; i++) {
      if (firsts[i + 1] <= from) continue;
      const skipped = max(0, from - firsts[i]);
      const found = (this.progress[i].found >> skipped) << skipped;
      if (found != 0) return firsts[i] + ctz<u32>(found);
    }
    return -1;
  }

  /** Forgets which patterns have matched. */
  forget(): void {
    for (let i = 0; i < this.progress.length; i++) this.progress[i].found = 0;
  }

  /**
   * How many bytes at the end of what was fed may belong to a match that still begins or goes on;
   * with a match that ends there, for what stands behind it may count. As many as since the last
   * byte that ended all that was begun, so never too few.
   */
  get live(): i32 {
    let live = 0;
    for (let i = 0; i < this.progress.length; i++) live = max(live, this.progress[i].begun);
    return live + this.begun.length;
  }

  private read(piece: Slice): void {
    const valid = validText(piece);
    const bundles = this.set.bundles;
    const progress = this.progress;
    let i = 0;
    for (; i + 1 < bundles.length; i += 2) {
      Bundle.feedBoth(bundles[i], progress[i], bundles[i + 1], progress[i + 1], valid);
    }
    if (i < bundles.length) bundles[i].feed(valid, progress[i]);
  }
}

/** Bytes at the end that begin a character and do not end it. */
function cutAtEnd(text: Slice): i32 {
  for (let back = 1; back <= 3; back++) {
    const byte = text.at(text.length - back);
    if (byte < 0x80) return 0; // ASCII, or before the text
    if (byte < 0xc0) continue;
    const width = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return width > back ? back : 0;
  }
  return 0;
}
