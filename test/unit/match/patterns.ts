import { Random } from "../../conformance/random.js";

// Random patterns of the syntax that our engine, RE2 and Go share, and texts they may fit.

const LITERALS = [
  ..."abcAkKsSéÉ中国жЖσςΣß1_ -",
  "\u212a",
  "ſ",
  "ẞ",
  "😀",
  "\\n",
  "\\.",
  "\\x61",
  "\\x{4e2d}",
  "\\t",
  "\\-",
  "\\Qa.b\\E",
];
const CLASSES = [
  "[abc]",
  "[^a]",
  "[a-c中]",
  "[^\\n]",
  "\\d",
  "\\w",
  "\\s",
  "\\D",
  "\\W",
  "\\S",
  "[[:alpha:]]",
  "[[:^digit:]]",
  "[\\w-]",
  "[^\\d\\s]",
  ".",
  "\\p{Han}",
  "\\p{^Han}",
  "[\\p{Latin}\\d]",
  "[a-]",
  "[]a]",
  "[^]a]",
  "[é-ж]",
];
// Without \B: RE2 in C++ finds one inside of a character, Go and we do not.
const PLACES = ["^", "$", "\\b", "\\A", "\\z"];
const GROUPS = ["(", "(?:", "(?i:", "(?s:", "(?m:", "(?U:", "(?i)(?:", "(?-i:"];
const REPEATS = ["*", "+", "?", "*?", "+?", "??", "{2}", "{1,3}", "{2,}", "{0,2}?", "{0}"];
const LETTERS = [...new Set("abcABkKsSéÉ中国жЖσςΣßẞ12_ \n-.\t\u212aſ😀")];

/** A source of random patterns and texts; the same for the same seed. */
export class PatternSource {
  private readonly random: Random;

  constructor(seed: number) {
    this.random = new Random(seed);
  }

  /** @param depth groups inside of each other */
  pattern(depth = 3): string {
    let text = this.sequence(depth);
    while (this.random.chance(0.25)) text += `|${this.sequence(depth)}`;
    return text;
  }

  text(): string {
    return Array.from({ length: this.random.below(10) }, () => this.random.pick(LETTERS)).join("");
  }

  private sequence(depth: number): string {
    let text = "";
    for (let i = this.random.below(5); i > 0; i--) {
      text += this.atom(depth);
      if (this.random.chance(0.3)) text += this.random.pick(REPEATS);
    }
    return text;
  }

  private atom(depth: number): string {
    const { random } = this;
    if (random.chance(0.45)) return random.pick(LITERALS);
    if (random.chance(0.4)) return random.pick(CLASSES);
    if (random.chance(0.25)) return random.pick(PLACES);
    return depth > 0 ? `${random.pick(GROUPS)}${this.pattern(depth - 1)})` : random.pick(LITERALS);
  }
}
