import { Slice } from "@ai-gateway-wasm/bytes";
import { Detector } from "@ai-gateway-wasm/match/detect";
import { Finder, RegexError } from "@ai-gateway-wasm/match/find";
import { LocalOptions } from "./local-options";
import { LocalRules } from "./local-rules";
import { Net, NetBuilder, NetPattern } from "./net";
import { LocalRule } from "./rule";

/** Expressions and built-in kinds of a configuration (content-security.md 9.2). */
export const MAX_PATTERNS: i32 = 500;
/** Words of a configuration, and bytes of all of them: at most 30 MiB of memory when loaded. */
export const MAX_WORDS: i32 = 100_000;
export const MAX_WORD_BYTES: i32 = 2 << 20;

/** Collects the rules of a configuration, those that judge the same texts in one net. */
@final
export class LocalRulesBuilder {
  private readonly rules: LocalRule[] = [];
  private readonly nets: NetBuilder[] = [];
  private words: i32 = 0;
  private wordBytes: i32 = 0;
  private patterns: i32 = 0;

  constructor(readonly options: LocalOptions) {}

  /** Number of rules; the next one has it as its order. */
  get count(): i32 {
    return this.rules.length;
  }

  /** Takes up a rule. What it looks for is added next. */
  add(rule: LocalRule): void {
    this.rules.push(rule);
  }

  /** Adds a word, which is not kept; answers what is wrong, null: nothing. */
  addWord(word: Slice, rule: LocalRule): string | null {
    this.wordBytes += word.length;
    if (++this.words > MAX_WORDS || this.wordBytes > MAX_WORD_BYTES) {
      return "more than 100000 words, or 2 MiB of them";
    }
    if (this.netOf(rule).addWord(word, rule)) return null;
    return "must have 1 to 1000 bytes, and no ignored separator at its ends";
  }

  /** Adds the words of the module. Only where there are any. */
  addBuiltInWords(rule: LocalRule): void {
    this.netOf(rule).addBuiltInWords(rule, this.options.systemDenyMinChars);
  }

  /**
   * Adds an expression.
   *
   * @param finder says where it matches; null: the rule does not mask
   * @param maxBytes of the expression
   * @returns what is wrong; null: nothing, or `error` says it
   */
  addRegex(
    regex: Slice,
    finder: Finder | null,
    rule: LocalRule,
    error: RegexError,
    maxBytes: i32,
  ): string | null {
    const item = new NetPattern(rule, finder, null);
    return this.addPattern(regex, item, error, maxBytes);
  }

  /** Adds a built-in kind; answers what is wrong, null: nothing. */
  addDetector(detector: Detector, rule: LocalRule): string | null {
    const item = new NetPattern(rule, null, detector);
    return this.addPattern(detector.pattern, item, new RegexError(), detector.pattern.length);
  }

  /** The rules; null: there are none. */
  build(): LocalRules | null {
    if (this.rules.length == 0) return null;
    const nets: Net[] = [];
    for (let i = 0; i < this.nets.length; i++) nets.push(this.nets[i].build());
    return new LocalRules(this.rules, nets, this.options.streamHoldback);
  }

  private addPattern(
    pattern: Slice,
    item: NetPattern,
    error: RegexError,
    maxBytes: i32,
  ): string | null {
    if (++this.patterns > MAX_PATTERNS) return "more than 500 expressions";
    this.netOf(item.rule).addPattern(pattern, item, error, maxBytes);
    return null;
  }

  private netOf(rule: LocalRule): NetBuilder {
    for (let i = 0; i < this.nets.length; i++) {
      if (this.nets[i].like.isLike(rule)) return this.nets[i];
    }
    const net = new NetBuilder(rule, this.options.wordOptions(rule.caseSensitive));
    this.nets.push(net);
    return net;
  }
}
