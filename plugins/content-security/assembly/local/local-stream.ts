import { Slice } from "@ai-gateway-wasm/bytes";
import { Judgement } from "../judge/judgement";
import { Edits } from "./edits";
import { Findings } from "./findings";
import { JsonStrings, numberBefore } from "./json-strings";
import { Memory } from "./memory";
import { NetScan } from "./net-scan";
import { PatternSource } from "./pattern-source";
import { LocalRule } from "./rule";
import { Source } from "./source";
import { TextWindow } from "./text-window";
import { WordQueue } from "./word-queue";
import { RestoreSource } from "./word-source";

/** Bytes that are looked at in one go: what is looked at again for each of them stays short. */
const STEP: i32 = 2048;

/**
 * The local rules in a text that arrives in pieces, of one choice and one field of an answer:
 *
 *   stream.feed(text of an event);
 *   if (stream.judgement !== null) …refuse
 *   events whose text ends at stream.settled or before may go:
 *     stream.rewrite(text, where it begins), null: as it came
 *   …
 *   stream.finish(); the rest may go
 *
 * Positions count the bytes of all pieces. However the text is cut, the outcome is the same, as long
 * as what may be a match is not longer than the hold-back (content-security.md 9.3).
 */
@final
export class LocalStream {
  /** Up to here the text may go. */
  settled: i32 = 0;
  private readonly findings: Findings = new Findings();
  private readonly edits: Edits = new Edits();
  private readonly window: TextWindow = new TextWindow();
  /** Of masked texts; null: there are none. */
  private restored: WordQueue | null = null;
  /** What is replaced comes from these. */
  private readonly sources: Source[] = [];
  /** All that has to be looked for where it matches. */
  private readonly places: PatternSource[] = [];
  /** Before this nothing is found any more. What is replaced may reach behind it. */
  private checked: i32 = 0;
  /** Of JSON that arrives in pieces; null: another text, or one that is looked at as a whole. */
  private readonly strings: JsonStrings | null;
  private hasMasked: bool = false;
  private isFinished: bool = false;

  /** Only for `LocalRules`. @param holdback most bytes that wait for what follows them */
  constructor(
    private readonly scans: NetScan[],
    private readonly memory: Memory,
    restores: bool,
    private readonly holdback: i32,
    isJson: bool,
  ) {
    this.strings = isJson && holdback < i32.MAX_VALUE ? new JsonStrings() : null;
    const scan = restores ? memory.scan() : null;
    if (scan !== null) {
      const queue = new WordQueue(scan);
      this.restored = queue;
      this.sources.push(new RestoreSource(queue, memory, isJson));
    }
    for (let i = 0; i < scans.length; i++) scans[i].addTo(this.sources, this.places);
  }

  /** True when there is nothing to look for: the text may go unseen. */
  get isIdle(): bool {
    return this.scans.length == 0 && this.restored === null;
  }

  /** Why the text is refused; null: it is not. From then on nothing is settled any more. */
  get judgement(): Judgement | null {
    return this.findings.judgement();
  }

  /** Names of the rules that were only to be logged, or that have masked. */
  get logged(): Slice[] {
    return this.findings.logged;
  }

  /** True when something was taken out of the text so far; originals only come back. */
  get isMasked(): bool {
    return this.hasMasked;
  }

  /** Goes on with the next piece; it is not kept. */
  feed(piece: Slice): void {
    for (let at = 0; at < piece.length && !this.findings.isBlocked; at += STEP) {
      this.read(piece.length <= STEP ? piece : piece.sub(at, at + STEP));
      this.settle();
    }
  }

  /** The same with a piece of which nothing has to go before `finish`. */
  read(piece: Slice): void {
    const restored = this.restored;
    this.window.append(piece);
    if (restored !== null) restored.feed(piece);
    for (let i = 0; i < this.scans.length; i++) this.scans[i].feed(piece);
  }

  /** There is no further piece. */
  finish(): void {
    if (this.isFinished || this.findings.isBlocked) return;
    this.isFinished = true;
    const restored = this.restored;
    if (restored !== null) restored.finish();
    for (let i = 0; i < this.scans.length; i++) this.scans[i].finish();
    this.settle();
  }

  /**
   * A piece of the text as it may go; null: as it came. What takes the place of a match stands where
   * the match begins.
   *
   * @param from position of the piece. Pieces are asked for in order and end at `settled` or before
   */
  rewrite(piece: Slice, from: i32): Slice | null {
    return this.edits.rewrite(piece, from);
  }

  /** A piece as judges see it: masked, but without originals. It may be asked for before `rewrite`. */
  shown(piece: Slice, from: i32): Slice | null {
    return this.edits.shown(piece, from);
  }

  /** A position is in the middle of what is replaced. */
  cuts(at: i32): bool {
    return this.edits.cuts(at);
  }

  /** Settles what can be: first what is refused, then what is replaced. */
  private settle(): void {
    for (let i = 0; i < this.scans.length; i++) this.scans[i].report(this.findings);
    if (this.findings.isBlocked) return;
    for (let i = 0; i < this.places.length; i++) this.places[i].open(this.window);
    const bound = this.detect(this.bound());
    if (this.findings.isBlocked) return;
    this.replace(bound);
    for (let i = 0; i < this.places.length; i++) this.places[i].close();
    const strings = this.strings;
    if (strings !== null) strings.goTo(this.window, this.checked);
    this.window.release(this.checked);
  }

  /** Up to here it does not matter what follows, or there is no waiting for it. */
  private bound(): i32 {
    const window = this.window;
    if (this.isFinished) return window.end;
    const restored = this.restored;
    let live = restored === null ? 0 : restored.live;
    for (let i = 0; i < this.scans.length; i++) live = max(live, this.scans[i].live);
    const lowest = max(this.checked, window.end - this.holdback);
    const bound = max(lowest, window.end - live);
    return this.strings === null ? bound : numberBefore(window, bound, lowest);
  }

  /** Notes built-in kinds that are not masked; answers how far that leaves the bound. */
  private detect(bound: i32): i32 {
    for (let i = 0; i < this.places.length; i++) {
      const place = this.places[i];
      if (place.masks || !place.seek(this.checked) || place.start >= bound) continue;
      if (this.waitsFor(place)) bound = place.start;
      else this.note(place.rule);
    }
    return bound;
  }

  private replace(bound: i32): void {
    let from = this.settled;
    for (let next = this.next(from); next !== null; next = this.next(from)) {
      if (next.start >= bound) break;
      if (this.waitsFor(next)) {
        bound = next.start;
        break;
      }
      from = this.edit(next);
    }
    this.checked = bound;
    this.settled = max(from, bound);
  }

  /** @returns where the next one may begin */
  private edit(match: Source): i32 {
    const strings: JsonStrings | null = match.rule === null ? null : this.strings;
    if (strings !== null) {
      strings.goTo(this.window, match.start);
      if (!strings.read(this.window, match.end)) return strings.at;
      match.end = strings.at;
      match.start = strings.beginning(this.window, match.start, this.settled);
    }
    const text = match.replacement(this.window, this.memory);
    const replacement = strings === null ? text : strings.fit(text);
    this.edits.add(match.start, match.end, replacement, match.rule === null);
    if (this.note(match.rule)) this.hasMasked = true;
    return match.end;
  }

  /** @returns false: there is no rule */
  private note(rule: LocalRule | null): bool {
    if (rule !== null) this.findings.add(rule);
    return rule !== null;
  }

  /** The leftmost match from a position on. */
  private next(from: i32): Source | null {
    let first: Source | null = null;
    for (let i = 0; i < this.sources.length; i++) {
      const source = this.sources[i];
      if (!source.seek(from)) continue;
      if (first === null || source.isBefore(first)) first = source;
    }
    return first;
  }

  /** True while what follows may tell that a match is none, and there is room to wait for it. */
  private waitsFor(match: Source): bool {
    const end = this.window.end;
    return !this.isFinished && match.start >= end - this.holdback && !match.isCertain(end);
  }
}
