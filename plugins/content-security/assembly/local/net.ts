import { Slice } from "@ai-gateway-wasm/bytes";
import { Detector } from "@ai-gateway-wasm/match/detect";
import { Finder, RegexError } from "@ai-gateway-wasm/match/find";
import { PatternSet, PatternSetBuilder } from "@ai-gateway-wasm/match/set";
import { WordOptions, WordSet, WordSetBuilder } from "@ai-gateway-wasm/match/words";
import { LocalRule, RuleAction } from "./rule";

/** One expression of a net. */
@final
export class NetPattern {
  constructor(
    readonly rule: LocalRule,
    /** Says where it matches; null: it is enough that it does. */
    readonly finder: Finder | null,
    /** Instead: a built-in kind, whose expression finds candidates only. */
    readonly detector: Detector | null,
  ) {}

  /** True when it has to be looked where it matches. */
  get hasPlaces(): bool {
    return this.finder !== null || this.detector !== null;
  }
}

/**
 * All that is looked for in the same texts and leads to the same action: its words are one
 * automaton, its expressions one per 32.
 */
@final
export class Net {
  /** Only for `NetBuilder`. */
  constructor(
    /** The first of its rules: the others judge the same texts. */
    readonly like: LocalRule,
    /** Their payload is the position of the rule in the configuration. */
    readonly words: WordSet | null,
    readonly patterns: PatternSet | null,
    /** By number in the set. */
    readonly items: NetPattern[],
  ) {}

  get action(): RuleAction {
    return this.like.action;
  }
}

/** Collects the rules of a net. */
@final
export class NetBuilder {
  private readonly words: WordSetBuilder;
  private hasWords: bool = false;
  private readonly patterns: PatternSetBuilder = new PatternSetBuilder();
  private readonly items: NetPattern[] = [];

  constructor(
    readonly like: LocalRule,
    options: WordOptions,
  ) {
    this.words = new WordSetBuilder(options);
  }

  /** False for a word that cannot be looked for. */
  addWord(word: Slice, rule: LocalRule): bool {
    if (!this.words.add(word, rule.order)) return false;
    this.hasWords = true;
    return true;
  }

  /** False when the pattern is refused; `error` says why. */
  addPattern(pattern: Slice, item: NetPattern, error: RegexError, maxBytes: i32): bool {
    if (this.patterns.add(pattern, error, maxBytes) < 0) return false;
    this.items.push(item);
    return true;
  }

  build(): Net {
    const words = this.hasWords ? this.words.build() : null;
    const patterns = this.items.length > 0 ? this.patterns.build() : null;
    return new Net(this.like, words, patterns, this.items);
  }
}
