import { beforeAll, describe, expect, it, test } from "vitest";
import { Random } from "../../conformance/random.js";
import { loadDriver, type Run } from "../bytes/load.js";
import { askRe2, keptVerdicts, PATTERNS, questions, SEEDS } from "./re2-verdicts.js";

let run: Run;

beforeAll(async () => {
  run = await loadDriver("test/unit/match/driver/regex.ts");
});

type Text = string | Uint8Array;

/** A letter for each text, y or n; the fault when the pattern is refused. */
function matches(pattern: Text, ...texts: Text[]): string {
  return run("compileAndMatch", [texts.length], pattern, ...texts)!.toString();
}

/** What a pattern is refused with, in Go's words, without the beginning they all have. */
function fault(pattern: Text): string {
  return matches(pattern).replace("error parsing regexp: ", "");
}

describe("what matches", () => {
  const cases: [pattern: string, found: string[], notFound: string[]][] = [
    ["", ["", "x"], []],
    ["abc", ["abc", "xabcx"], ["", "ab", "abd"]],
    ["a|bc|", [""], []],
    ["^(a|bc)$", ["a", "bc"], ["", "ab", "xa"]],
    ["^a.c$", ["abc", "a中c", "a😀c"], ["a\nc", "ac", "abbc"]],
    ["(?s)^a.c$", ["a\nc"], ["ac"]],
    ["^ab*$", ["a", "abbb"], ["b", "abc"]],
    ["^ab+?$", ["ab", "abb"], ["a"]],
    ["^ab??$", ["a", "ab"], ["abb"]],
    ["^(ab){2,3}$", ["abab", "ababab"], ["ab", "abababab"]],
    ["^a{2,}$", ["aa", "aaaa"], ["a"]],
    ["^a{0}$", [""], ["a"]],
    ["a{,2}", ["a{,2}"], ["aa"]],
    ["a{2", ["a{2"], ["aa"]],
    ["[a-c]", ["b"], ["d", ""]],
    ["[^a-c]", ["d", "\n", "中"], ["b", ""]],
    ["[]a]", ["]", "a"], ["b"]],
    ["[^]a]", ["b"], ["]", "a"]],
    ["[a-]", ["-"], ["b"]],
    ["[\\]\\-x]", ["]", "-", "x"], ["\\"]],
    ["[中-国]", ["中", "国", "匕"], ["一", "a"]],
    ["[[:alpha:][:digit:]]", ["a", "1"], ["_", "é"]],
    ["[[:^space:]]", ["a"], [" ", "\n", "\v"]],
    ["\\s", ["\t", "\f"], ["\v", "\u00a0"]],
    ["^\\d\\D\\w\\W\\s\\S$", ["1a_- x"], ["1a_- "]],
    ["\\pL", ["é", "中", "ж"], ["1", "-", ""]],
    ["\\PL", ["1", "-"], ["é"]],
    ["^\\p{Han}+$", ["中国"], ["ひ", "한"]],
    ["^\\p{^Han}$", ["a"], ["中"]],
    ["^[\\p{Hiragana}\\p{Katakana}\\p{Hangul}]{3}$", ["ひカ한"], ["ひカ中"]],
    ["^\\p{Lu}\\p{Ll}\\p{Nd}\\p{N}\\p{P}\\p{Z}$", ["Éé٣½。\u2003"], ["éÉ٣½。\u2003"]],
    ["^\\p{Cyrillic}\\p{Latin}\\p{Greek}$", ["жéσ"], ["zжσ"]],
    ["\\bfoo\\b", ["foo", "a foo.", "中foo"], ["afoo", "foo_", "foo1"]],
    ["o\\Bo", ["foo"], ["o o"]],
    ["\\B", ["aa", ""], ["a", "a中b"]],
    ["(?m)^b$", ["b", "a\nb\nc"], ["ab", "b c"]],
    ["^b$", ["b"], ["a\nb", "b\n"]],
    ["(?m)\\Ab", ["b"], ["a\nb"]],
    ["b\\z", ["ab"], ["b\n"]],
    ["(?i)straße", ["STRAẞE", "strasse".replace("ss", "ß")], ["STRASSE"]],
    ["(?i)kσж", ["\u212aςЖ", "KΣж"], ["cσж"]],
    ["(?i)^\u0345\u1c84$", ["\u1fbe\u1c85", "Ιт", "ιТ"], ["ат"]],
    ["(?i)[a-c]x", ["BX"], ["dx"]],
    ["(?i)\\W", ["-"], ["k", "s", "\u212a", "ſ"]],
    ["(?i:a)b", ["Ab"], ["AB"]],
    ["a(?i)b|c", ["aB", "C"], ["Ab"]],
    ["(a(?i)b)c", ["aBc"], ["aBC"]],
    ["(?P<name>a)(?<other>b)(?:c)", ["abc"], ["ab"]],
    ["\\x41\\x{4e2d}\\u4e2d\\101\\0", ["A中中A\0"], ["A中"]],
    ["^\\a\\f\\t\\n\\r\\v$", ["\x07\f\t\n\r\v"], ["af"]],
    ["\\Qa.b*\\E+", ["a.b*", "a.b**"], ["axb"]],
    ["\\Q\\", ["\\"], ["Q"]],
    ["(|a)*", ["", "b"], []],
    ["^(|a)+$", ["", "aaa"], ["b"]],
    ["^(a*)*$", ["", "aaa"], ["b"]],
    ["((((a))))", ["a"], ["b"]],
    ["^[^\\x00-\\x{10FFFF}]$", [], ["", "a"]],
  ];

  it.each(cases)("%s", (pattern, found, notFound) => {
    const expected = "y".repeat(found.length) + "n".repeat(notFound.length);
    expect(matches(pattern, ...found, ...notFound)).toBe(expected);
  });
});

describe("what is refused, in the words of Go", () => {
  const cases: [pattern: string, message: string][] = [
    ["a(b", "missing closing ): `a(b`"],
    ["a)b", "unexpected ): `a)b`"],
    ["x[a-z", "missing closing ]: `[a-z`"],
    ["[]", "missing closing ]: `[]`"],
    ["[z-a]", "invalid character class range: `z-a`"],
    ["[a-\\d]", "invalid escape sequence: `\\d`"],
    ["[[:foo:]]", "invalid character class range: `[:foo:]`"],
    ["\\p{Foo}", "invalid character class range: `\\p{Foo}`"],
    ["*a", "missing argument to repetition operator: `*`"],
    ["(+a)", "missing argument to repetition operator: `+`"],
    ["a|{2}", "missing argument to repetition operator: `{2}`"],
    ["a**", "invalid nested repetition operator: `**`"],
    ["a+*?", "invalid nested repetition operator: `+*?`"],
    ["a{2}{3}", "invalid nested repetition operator: `{2}{3}`"],
    ["a{1001}", "invalid repeat count: `{1001}`"],
    ["a{3,2}", "invalid repeat count: `{3,2}`"],
    ["(a{100}){11}", "invalid repeat count: `{11}`"],
    ["a\\", "trailing backslash at end of expression: ``"],
    ["\\1", "invalid escape sequence: `\\1`"],
    ["\\Z", "invalid escape sequence: `\\Z`"],
    ["\\C", "invalid escape sequence: `\\C`"],
    ["\\x{110000}", "invalid escape sequence: `\\x{110000`"],
    ["(?=a)", "invalid or unsupported Perl syntax: `(?=`"],
    ["(?!a)", "invalid or unsupported Perl syntax: `(?!`"],
    ["(?<=a)", "invalid named capture: `(?<=a)`"],
    ["(?P<n", "invalid named capture: `(?P<n`"],
    ["(?P<a b>c)", "invalid named capture: `(?P<a b>`"],
    ["(?>a)", "invalid or unsupported Perl syntax: `(?>`"],
    ["(?i", "invalid or unsupported Perl syntax: `(?i`"],
    ["(?i-)", "invalid or unsupported Perl syntax: `(?i-)`"],
    ["a++", "invalid nested repetition operator: `++`"],
  ];

  it.each(cases)("%s", (pattern, message) => {
    expect(fault(pattern)).toBe(message);
  });

  it("what is no UTF-8", () => {
    expect(fault(Buffer.from([0x61, 0xff]))).toContain("invalid UTF-8");
  });

  it("what is too long, too deep, or too much for a thousand copies", () => {
    expect(fault("a".repeat(1000))).toBe("");
    expect(fault("a".repeat(1001))).toMatch(/^expression too large/);
    expect(fault(`${"(".repeat(200)}a${")".repeat(200)}`)).toBe("");
    expect(fault(`${"(".repeat(201)}a${")".repeat(201)}`)).toMatch(/^expression nests too deeply/);
    expect(fault("((a{10}){10}){10}")).toBe("");
    expect(fault("(\\pL{10}){10}")).toMatch(/^expression too large/);
  });
});

describe("text that is no UTF-8", () => {
  // As in Go, each byte that belongs to no character is a U+FFFD.
  const cases: [name: string, bytes: number[], characters: number][] = [
    ["a lone continuation", [0x80], 1],
    ["a cut character", [0xe4, 0xb8], 2],
    ["an overlong slash", [0xc0, 0xaf], 2],
    ["a surrogate", [0xed, 0xa0, 0x80], 3],
    ["beyond Unicode", [0xf4, 0x90, 0x80, 0x80], 4],
    ["a good one between", [0xff, 0xe4, 0xb8, 0xad, 0xff], 3],
  ];

  it.each(cases)("%s", (_name, bytes, characters) => {
    const text = Buffer.from(bytes);
    expect(matches(`^.{${characters}}$`, text)).toBe("y");
    expect(matches(`^.{${characters + 1}}$`, text)).toBe("n");
    expect(matches("\\x{FFFD}", text)).toBe("y");
  });
});

describe("against RE2", () => {
  test.each(SEEDS)("seed %i", (seed) => {
    const asked = questions(seed);
    const verdicts = keptVerdicts(seed);
    expect(verdicts.length).toBe(PATTERNS);
    let compared = 0;
    for (const [i, { pattern, texts }] of asked.entries()) {
      const expected = verdicts[i]!;
      const actual = matches(pattern, ...texts);
      if (actual.includes("too large")) continue; // our limit is lower
      if (expected === null) expect(actual, pattern).toMatch(/^error/);
      else expect(`${pattern}: ${actual}`, texts.join(" | ")).toBe(`${pattern}: ${expected}`);
      compared++;
    }
    expect(compared).toBeGreaterThan(0.99 * PATTERNS);
  });

  it("what was kept of its answers is what it answers", () => {
    for (const seed of SEEDS) {
      const isAsked = (_: unknown, i: number): boolean => i % 20 === seed;
      expect(askRe2(questions(seed).filter(isAsked))).toEqual(keptVerdicts(seed).filter(isAsked));
    }
  });
});

describe("hostile input", () => {
  it("patterns that would keep a backtracker busy for ever are done with a megabyte", () => {
    const text = "a".repeat(1 << 20);
    for (const pattern of [
      "(a*)*b",
      "(a|a)*b",
      "(a|aa)+$x",
      "(.*)(.*)(.*)(.*)b",
      "(a?){100}b",
      "(x+x+)+y|a{0,100}a{0,100}b",
    ]) {
      expect(matches(pattern, text), pattern).toBe("n");
    }
  });

  it("a pattern with ever new states is right, too: its table is thrown away again and again", () => {
    const random = new Random(7);
    const letters = Array.from({ length: 20_000 }, () => (random.chance(0.5) ? "a" : "b"));
    const last = "a" + "b".repeat(17);
    const pattern = "a[ab]{17}c"; // 2^17 states
    expect(matches(pattern, letters.join("") + "c")).toBe(
      /a[ab]{17}c/.test(letters.join("") + "c") ? "y" : "n",
    );
    expect(matches(pattern, letters.join("") + last + "c", letters.join(""))).toBe("yn");
  });

  it("no bytes trap, as pattern or as text", () => {
    const random = new Random(99);
    const SPECIAL = Buffer.from("()[]{}|\\?*+^$.-,:<>PpQExdwsbBAz019aé中");
    for (let i = 0; i < 30_000; i++) {
      const pattern = Buffer.from(
        Array.from({ length: random.below(24) }, () =>
          random.chance(0.9) ? SPECIAL[random.below(SPECIAL.length)]! : random.below(256),
        ),
      );
      const text = Buffer.from(Array.from({ length: random.below(12) }, () => random.below(256)));
      expect(matches(pattern, text)).toMatch(/^([yn]|error parsing regexp: .*)$/s);
    }
  });
});
