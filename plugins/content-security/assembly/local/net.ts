import { Slice } from "@ai-gateway-wasm/bytes";
import { Detector } from "@ai-gateway-wasm/match/detect";
import { Finder, RegexError } from "@ai-gateway-wasm/match/find";
import { PatternScan, PatternSet, PatternSetBuilder } from "@ai-gateway-wasm/match/set";
import {
  BuiltInScan,
  hasBuiltInWords,
  WordMatches,
  WordOptions,
  WordScan,
  WordSet,
  WordSetBuilder,
} from "@ai-gateway-wasm/match/words";
import { BuiltInWords } from "./built-in-words";
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
  /** For one whole text after the other; null: the net has no words, or no expressions. */
  private readonly wordProbe: WordScan | null;
  private readonly patternProbe: PatternScan | null;
  private readonly builtInProbe: BuiltInScan | null;

  /** Only for `NetBuilder`. */
  constructor(
    /** The first of its rules: the others judge the same texts. */
    readonly like: LocalRule,
    /** Their payload is the position of the rule in the configuration. */
    readonly words: WordSet | null,
    readonly patterns: PatternSet | null,
    /** By number in the set. */
    readonly items: NetPattern[],
    /** Of it some pattern matches in every text in which one of `patterns` does. */
    hints: PatternSet | null,
    /** Null in a build without a list, too. */
    readonly builtIn: BuiltInWords | null,
  ) {
    this.wordProbe = words === null ? null : new WordScan(words, WordMatches.All);
    this.patternProbe = hints === null ? null : new PatternScan(hints);
    this.builtInProbe = this.builtInScan();
  }

  get action(): RuleAction {
    return this.like.action;
  }

  /** Looks for the words of the module; null: they are not looked for. */
  builtInScan(): BuiltInScan | null {
    const builtIn = hasBuiltInWords() ? this.builtIn : null;
    return builtIn === null ? null : builtIn.scan();
  }

  /** True when something of it may occur in a whole text; most texts have nothing. */
  mayOccurIn(text: Slice): bool {
    const words = this.wordProbe;
    const patterns = this.patternProbe;
    const builtIn = hasBuiltInWords() ? this.builtInProbe : null;
    return (
      (words !== null && hasWord(words, text)) ||
      (patterns !== null && matches(patterns, text)) ||
      (builtIn !== null && hasBuiltInWord(builtIn, text))
    );
  }
}

function hasWord(scan: WordScan, text: Slice): bool {
  scan.restart();
  scan.feed(text);
  if (scan.next()) return true;
  scan.finish();
  return scan.next();
}

function hasBuiltInWord(scan: BuiltInScan, text: Slice): bool {
  scan.restart();
  scan.feed(text);
  scan.finish();
  return scan.isFound;
}

function matches(scan: PatternScan, text: Slice): bool {
  scan.restart();
  scan.feed(text);
  scan.finish();
  return scan.nextFound(0) >= 0;
}

/** Collects the rules of a net. */
@final
export class NetBuilder {
  private readonly words: WordSetBuilder;
  private hasWords: bool = false;
  private readonly patterns: PatternSetBuilder = new PatternSetBuilder();
  /** By number of the pattern: itself, or what is quicker to look for. */
  private readonly hints: Slice[] = [];
  private hasHints: bool = false;
  private readonly items: NetPattern[] = [];
  private builtIn: BuiltInWords | null = null;

  constructor(
    readonly like: LocalRule,
    private readonly options: WordOptions,
  ) {
    this.words = new WordSetBuilder(options);
  }

  /** False for a word that cannot be looked for. */
  addWord(word: Slice, rule: LocalRule): bool {
    if (!this.words.add(word, rule.order)) return false;
    this.hasWords = true;
    return true;
  }

  addBuiltInWords(rule: LocalRule, minChars: i32): void {
    this.builtIn = new BuiltInWords(rule, this.options, minChars);
  }

  /** False when the pattern is refused; `error` says why. */
  addPattern(pattern: Slice, item: NetPattern, error: RegexError, maxBytes: i32): bool {
    if (this.patterns.add(pattern, error, maxBytes) < 0) return false;
    const detector = item.detector;
    if (detector !== null) this.hasHints = true;
    this.hints.push(detector === null ? pattern : detector.hint);
    this.items.push(item);
    return true;
  }

  build(): Net {
    const words = this.hasWords ? this.words.build() : null;
    const patterns = this.items.length > 0 ? this.patterns.build() : null;
    const hints = this.hasHints ? this.buildHints() : patterns;
    return new Net(this.like, words, patterns, this.items, hints, this.builtIn);
  }

  /** All of them were accepted once, or are our own. */
  private buildHints(): PatternSet {
    const set = new PatternSetBuilder();
    const error = new RegexError();
    for (let i = 0; i < this.hints.length; i++) set.add(this.hints[i], error, this.hints[i].length);
    return set.build();
  }
}
