import { Slice } from "@ai-gateway-wasm/bytes";
import { Node } from "../regex/ast";
import { Compiler } from "../regex/compiler";
import { RegexError, RegexFault } from "../regex/error";
import { Parser } from "../regex/parser";
import { MAX_PATTERN } from "../regex/regex";
import { validText } from "../regex/valid-text";
import { Bundle, MAX_BUNDLE } from "./bundle";

/** Patterns of a set (content-security.md 9.2). */
export const MAX_PATTERNS: i32 = 500;
/** Steps of the patterns that run as one; a larger pattern runs alone. */
const MAX_BUNDLE_STEPS: i32 = 2000;

/** Patterns to look for, up to 32 of them in one pass over a text. Immutable; see `PatternScan`. */
@final
export class PatternSet {
  /** Only for `PatternSetBuilder`. */
  constructor(
    readonly bundles: Bundle[],
    /** The number of each bundle's first pattern, and behind the last one's. */
    readonly firsts: i32[],
  ) {}
}

/** Collects patterns for a `PatternSet`. */
@final
export class PatternSetBuilder {
  private readonly trees: Node[] = [];
  private readonly lengths: i32[] = [];

  /** Number of patterns. */
  get count(): i32 {
    return this.trees.length;
  }

  /**
   * Adds a pattern, as `compileRegex` reads it.
   *
   * @returns its number, from 0; −1 when it is refused, `error` then says why
   */
  add(pattern: Slice, error: RegexError, maxBytes: i32 = MAX_PATTERN): i32 {
    if (pattern.length > maxBytes || this.count >= MAX_PATTERNS) {
      return refuse(pattern, error, RegexFault.TooLarge);
    }
    if (validText(pattern) !== pattern) return refuse(pattern, error, RegexFault.Utf8);
    const tree = new Parser(pattern, error).parse();
    if (tree === null) return -1;
    const program = new Compiler().compile(tree);
    if (program === null) return refuse(pattern, error, RegexFault.TooLarge);
    this.lengths.push(program.length);
    return this.trees.push(tree) - 1;
  }

  /** The set of the patterns in their order. */
  build(): PatternSet {
    const bundles: Bundle[] = [];
    const firsts: i32[] = [];
    for (let at = 0; at < this.count;) {
      const end = this.endOfBundle(at);
      const program = new Compiler().compileAll(this.trees.slice(at, end));
      bundles.push(new Bundle(program, end - at));
      firsts.push(at);
      at = end;
    }
    firsts.push(this.count);
    return new PatternSet(bundles, firsts);
  }

  private endOfBundle(start: i32): i32 {
    let steps = this.lengths[start];
    let end = start + 1;
    while (end < this.count && end - start < MAX_BUNDLE) {
      steps += this.lengths[end];
      if (steps > MAX_BUNDLE_STEPS) break;
      end++;
    }
    return end;
  }
}

function refuse(pattern: Slice, error: RegexError, fault: RegexFault): i32 {
  error.fault = fault;
  error.offset = 0;
  error.fragment = pattern;
  return -1;
}
