import { Slice } from "@ai-gateway-wasm/bytes";
import { Detection } from "@ai-gateway-wasm/match/detect";
import { Search } from "@ai-gateway-wasm/match/find";
import { Memory } from "./memory";
import { NetPattern } from "./net";
import { LocalRule, RuleAction } from "./rule";
import { Source } from "./source";
import { TextWindow } from "./text-window";

/** Bytes behind a built-in kind that tell whether it ends there. */
const BORDER: i32 = 2;

/** The places where one expression matches. It is looked for only after its set saw it match. */
@final
export class PatternSource extends Source {
  /** Something may be found. */
  isActive: bool = false;
  private search: Search | null = null;
  private detection: Detection | null = null;
  private base: i32 = 0;
  private hasMatch: bool = false;

  constructor(private readonly pattern: NetPattern) {
    super();
    this.order = pattern.rule.order;
  }

  override get rule(): LocalRule | null {
    return this.pattern.rule;
  }

  get masks(): bool {
    return this.pattern.rule.action == RuleAction.Mask;
  }

  /** Looks in the window as it is now. */
  open(window: TextWindow): void {
    if (!this.isActive) return;
    const view = window.view();
    const finder = this.pattern.finder;
    const detector = this.pattern.detector;
    if (finder !== null) this.search = finder.search(view);
    else if (detector !== null) this.detection = detector.search(view);
    this.base = window.base;
    this.hasMatch = false;
  }

  /** Lets go of the window. */
  close(): void {
    this.search = null;
    this.detection = null;
    this.hasMatch = false;
  }

  override seek(from: i32): bool {
    if (!this.isActive) return false;
    if (this.hasMatch && this.start >= from) return true;
    this.hasMatch = this.find(from - this.base);
    // The set says when it matches again.
    if (!this.hasMatch) this.isActive = false;
    return this.hasMatch;
  }

  override replacement(window: TextWindow, memory: Memory): Slice {
    return this.pattern.rule.replace(window.copy(this.start, this.end), this.search, memory);
  }

  override isCertain(end: i32): bool {
    return this.detection === null || this.end + BORDER <= end;
  }

  /** @param from in the window */
  private find(from: i32): bool {
    const detection = this.detection;
    if (detection !== null) {
      return detection.find(from) && this.found(detection.start, detection.end);
    }
    const search = this.search;
    if (search === null) return false;
    // Nothing cannot be masked.
    while (search.find(from)) {
      if (search.end > search.start) return this.found(search.start, search.end);
      from = search.end + 1;
    }
    return false;
  }

  private found(start: i32, end: i32): bool {
    this.start = this.base + start;
    this.end = this.base + end;
    return true;
  }
}
