import { Slice } from "@ai-gateway-wasm/bytes";
import { PatternScan } from "@ai-gateway-wasm/match/set";
import { BuiltInScan, hasBuiltInWords, WordMatches, WordScan } from "@ai-gateway-wasm/match/words";
import { Findings } from "./findings";
import { Net } from "./net";
import { PatternSource } from "./pattern-source";
import { LocalRule, RuleAction } from "./rule";
import { Source } from "./source";
import { WordQueue } from "./word-queue";
import { WordSource } from "./word-source";

/** How far a net has come in one text. */
@final
export class NetScan {
  /** Words that are masked; null: the net has no words, or they lead to something else. */
  private queue: WordQueue | null = null;
  /** Rules that were met since the last report, those aside that need a look where they match. */
  private found: LocalRule[] = [];
  private words: WordScan | null = null;
  private patterns: PatternScan | null = null;
  private readonly builtIn: BuiltInScan | null;
  /** By number of the pattern. */
  private readonly sources: (PatternSource | null)[] = [];
  private hasPlaces: bool = false;

  constructor(
    private readonly net: Net,
    private readonly rules: LocalRule[],
  ) {
    const words = net.words;
    const patterns = net.patterns;
    if (words !== null && this.masks) {
      this.queue = new WordQueue(new WordScan(words, WordMatches.LeftmostLongest));
    } else if (words !== null) {
      this.words = new WordScan(words, WordMatches.All);
    }
    if (patterns !== null) this.patterns = new PatternScan(patterns);
    this.builtIn = net.builtInScan();
    for (let i = 0; i < net.items.length; i++) {
      const item = net.items[i];
      this.sources.push(item.hasPlaces ? new PatternSource(item) : null);
      if (item.hasPlaces) this.hasPlaces = true;
    }
  }

  get masks(): bool {
    return this.net.action == RuleAction.Mask;
  }

  /** Adds what may be replaced, and all that has to be looked for where it matches. */
  addTo(sources: Source[], places: PatternSource[]): void {
    const queue = this.queue;
    if (queue !== null) sources.push(new WordSource(queue, this.rules));
    for (let i = 0; i < this.sources.length; i++) {
      const source = this.sources[i];
      if (source === null) continue;
      places.push(source);
      if (this.masks) sources.push(source);
    }
  }

  feed(piece: Slice): void {
    const queue = this.queue;
    const words = this.words;
    const patterns = this.patterns;
    if (queue !== null) queue.feed(piece);
    if (words !== null) {
      words.feed(piece);
      this.noteWords(words);
    }
    if (patterns !== null) {
      patterns.feed(piece);
      this.notePatterns(patterns);
    }
    const builtIn = hasBuiltInWords() ? this.builtIn : null;
    if (builtIn !== null) {
      builtIn.feed(piece);
      this.noteBuiltIn(builtIn);
    }
  }

  finish(): void {
    const queue = this.queue;
    const words = this.words;
    const patterns = this.patterns;
    if (queue !== null) queue.finish();
    if (words !== null) {
      words.finish();
      this.noteWords(words);
    }
    if (patterns !== null) {
      patterns.finish();
      this.notePatterns(patterns);
    }
    const builtIn = hasBuiltInWords() ? this.builtIn : null;
    if (builtIn !== null) {
      builtIn.finish();
      this.noteBuiltIn(builtIn);
    }
  }

  /** Says what was met since the last report. */
  report(findings: Findings): void {
    if (this.found.length == 0) return;
    for (let i = 0; i < this.found.length; i++) findings.add(this.found[i]);
    this.found = [];
  }

  /** Bytes at the end of the text that may belong to a match. */
  get live(): i32 {
    const queue = this.queue;
    const words = this.words;
    const patterns = this.patterns;
    let live = queue === null ? 0 : queue.live;
    // What is only logged holds up nobody, unless it has to be looked for.
    const onlyLogs = this.net.action == RuleAction.Log;
    if (words !== null && !onlyLogs) live = words.live;
    const builtIn = hasBuiltInWords() ? this.builtIn : null;
    if (builtIn !== null) live = max(live, builtIn.live);
    if (patterns === null || (onlyLogs && !this.hasPlaces)) return live;
    return max(live, patterns.live);
  }

  private noteWords(words: WordScan): void {
    while (words.next()) this.note(this.rules[words.payload]);
  }

  private notePatterns(patterns: PatternScan): void {
    for (let i = patterns.nextFound(0); i >= 0; i = patterns.nextFound(i + 1)) {
      const source = this.sources[i];
      if (source === null) this.note(this.net.items[i].rule);
      else source.isActive = true;
    }
    patterns.forget();
  }

  private noteBuiltIn(scan: BuiltInScan): void {
    const words = this.net.builtIn;
    if (scan.isFound && words !== null) this.note(words.rule);
  }

  private note(rule: LocalRule): void {
    if (this.found.indexOf(rule) < 0) this.found.push(rule);
  }
}
