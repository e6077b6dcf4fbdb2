import { beforeAll, describe, expect, it, test } from "vitest";
import { Random } from "../../conformance/random.js";
import { loadDriver, type Run } from "../bytes/load.js";
import { PatternSource } from "./patterns.js";
import { freshRe2 } from "./re2.js";

let run: Run;

beforeAll(async () => {
  run = await loadDriver("test/unit/match/driver/find.ts");
});

type Text = string | Uint8Array;

/** Compiles with groups; what is wrong with the pattern, or nothing. */
const compile = (pattern: Text): string => run("compile", [1], pattern)!.toString();

/** All matches, as Go's FindAllIndex lists them, each with its groups. */
function findAll(pattern: Text, text: Text): string {
  expect(compile(pattern)).toBe("");
  return run("findAll", [1, 1], text)!.toString().trim();
}

function replace(pattern: string, text: Text, template: string): string {
  expect(compile(pattern)).toBe("");
  return run("replace", [], text, template)!.toString();
}

describe("where a pattern matches", () => {
  const cases: [pattern: string, text: string, matches: string][] = [
    ["a|ab", "abab", "0-1 2-3"],
    ["ab|a", "abab", "0-2 2-4"],
    ["a+?", "aaa", "0-1 1-2 2-3"],
    ["a+", "aaa baa", "0-3 5-7"],
    ["a{2,3}?", "aaaaa", "0-2 2-4"],
    ["abcd|c", "abcc abcd", "2-3 3-4 5-9"],
    ["(a+)(b*)", "aab b a", "0-3(aa)(b) 6-7(a)()"],
    ["(a)|(b)", "ba", "0-1()(b) 1-2(a)()"],
    ["(?P<x>a)(?<y>b)?", "ab", "0-2(a)(b)"],
    ["(a|b)*", "abx", "0-2(b) 3-3()"],
    ["((a)|b)+", "ab", "0-2(b)(a)"],
    ["(?:(a)|b){2}", "ab", "0-2(a)"],
    ["x*", "axb", "0-0 1-2 3-3"],
    ["", "中a", "0-0 3-3 4-4"],
    ["\\b", "ab 中c", "0-0 2-2 6-6 7-7"],
    ["^a", "aa", "0-1"],
    ["(?m)^a$", "a\na\nb", "0-1 2-3"],
    ["a$", "aa", "1-2"],
    ["\\ba", "ba a", "3-4"],
    ["\\p{Han}+", "x中国y国", "1-7 8-11"],
    ["\\d{3}-\\d", "tel 12 555-1234", "7-12"],
    [".", "a😀\n", "0-1 1-5"],
    ["[^\\x00-\\x{10FFFF}]", "ab", ""],
  ];

  it.each(cases)("%s in %s", (pattern, text, matches) => {
    expect(findAll(pattern, text)).toBe(matches);
  });

  it("what stands before the start counts", () => {
    expect(compile("\\bb|^c|(?m:^d)")).toBe("");
    const answer = run("findFromEach", [0], "ab b\nd")!.toString();
    expect(answer).toBe("3-4 \n3-4 \n3-4 \n3-4 \n5-6 \n5-6 \n-\n");
  });

  it("in text that is no UTF-8 stray bytes are U+FFFD, positions are of the text", () => {
    const text = Buffer.from([0xff, 0x61, 0xe4, 0xb8, 0x61, 0xe4, 0xb8, 0xad, 0x62, 0x80]);
    expect(findAll("a", text)).toBe("1-2 4-5");
    expect(findAll("\\x{FFFD}", text)).toBe("0-1 2-3 3-4 9-10");
    expect(run("findAll", [1, 1], text)!.toString()).toBe("0-1 2-3 3-4 9-10 \n");
    expect(compile("(.)b")).toBe("");
    expect(run("findAll", [1, 1], text)!.toString()).toBe("5-9(中) \n");
    expect(compile("a|\\z")).toBe("");
    const lines = run("findFromEach", [0], text)!.toString().split("\n");
    expect(lines.slice(0, 11).join("")).toBe("1-2 1-2 4-5 4-5 4-5 " + "10-10 ".repeat(6));
  });

  it("refuses what is too large for groups", () => {
    expect(compile("(a)".repeat(99))).toBe("");
    expect(compile("(a)".repeat(100))).toMatch(/expression too large/);
    expect(compile(`${"(a)".repeat(60)}(b{1000}){0,1}c{900}`)).toMatch(/expression too large/);
    expect(run("compile", [0], "(a)".repeat(100))!.toString()).toBe("");
    expect(compile("(")).toMatch(/missing closing \)/);
  });
});

describe("what a match is replaced with", () => {
  const cases: [template: string, result: string][] = [
    ["<$1>", "<al>, <bo>"],
    ["$host:${1}x", "x.org:alx, y.net:box"],
    ["$1x", ", "],
    ["${1}$$$", "al$$, bo$$"],
    ["${", "${, ${"],
    ["$ ${}", "$ ${}, $ ${}"],
    ["$0", "al@x.org, bo@y.net"],
    ["$3$999999999999$nobody${1 }", ", "],
    ["中", "中, 中"],
  ];

  it.each(cases)("%s", (template, result) => {
    const text = "al@x.org, bo@y.net";
    expect(replace("(\\w+)@(?P<host>[\\w.]+)", text, template)).toBe(result);
  });
});

describe("against RE2", () => {
  const PATTERNS = 500;

  test.each([21, 22])("seed %i", (seed) => {
    const source = new PatternSource(seed);
    let compared = 0;
    let RE2 = freshRe2();
    for (let i = 0; i < PATTERNS; i++) {
      if (i % 250 === 249) RE2 = freshRe2();
      const pattern = source.pattern();
      let re2: InstanceType<typeof RE2>;
      try {
        re2 = new RE2(pattern, "gu");
      } catch (error) {
        if (String(error).includes("OOM")) throw error;
        continue;
      }
      if (compile(pattern) !== "") continue; // our limits are lower
      for (let j = 0; j < 6; j++) {
        const text = source.text();
        const where = `${JSON.stringify([pattern, text])}: `;
        const answer = run("findFromEach", [1], text)!.toString().split("\n");
        const letters = [...text];
        let at = 0;
        const actual: string[] = [];
        // At the end of the text re2-wasm does not look.
        const theirs = letters.map((letter, from) => {
          actual.push(answer[at]!.trim());
          at += Buffer.byteLength(letter);
          return expected(re2, letters, from);
        });
        expect(where + actual.join(" ")).toBe(where + theirs.join(" "));
        compared += letters.length;
      }
    }
    expect(compared).toBeGreaterThan(PATTERNS * 15);
  });

  /** What RE2 finds from a character on. Its numbers are characters, ours are bytes. */
  function expected(
    re2: {
      lastIndex: number;
      exec(text: string): ({ index: number } & (string | undefined)[]) | null;
    },
    letters: string[],
    from: number,
  ): string {
    re2.lastIndex = from;
    const match = re2.exec(letters.join(""));
    if (match === null) return "-";
    const start = Buffer.byteLength(letters.slice(0, match.index).join(""));
    const groups = match.slice(1).map((group?: string) => `(${group ?? ""})`);
    return `${start}-${start + Buffer.byteLength(match[0]!)}${groups.join("")}`;
  }
});

describe("hostile input", () => {
  it("patterns that keep a backtracker busy for ever, over a megabyte", () => {
    const text = "a".repeat(1 << 20);
    for (const pattern of ["(a*)*b", "(a|a)*b", "(.*)(.*)(.*)b", "(x+x+)+y|a{0,100}b"]) {
      expect(findAll(pattern, text), pattern).toBe("");
    }
    expect(findAll("(?:a|aa)*c", `${text.slice(1 << 18)}c`)).toBe("0-786433");
  });

  it("a match for every byte, and ever new states", () => {
    expect(compile("a")).toBe("");
    expect(run("count", [], "a".repeat(200_000))!.toString()).toBe("200000");
    const random = new Random(7);
    const letters = Array.from({ length: 20_000 }, () => (random.chance(0.5) ? "a" : "b")).join("");
    const pattern = "a[ab]{17}c"; // 2^17 states
    expect(findAll(pattern, `${letters}aabbbbbbbbbbbbbbbbbc${letters}`)).toBe("20001-20020");
  });

  it("no bytes trap", () => {
    const random = new Random(98);
    const SPECIAL = Buffer.from("()[]{}|\\?*+^$.-,:<>Pbaé中");
    const draw = (below: number): Buffer =>
      Buffer.from(
        Array.from({ length: random.below(below) }, () =>
          random.chance(0.9) ? SPECIAL[random.below(SPECIAL.length)]! : random.below(256),
        ),
      );
    let compiled = 0;
    for (let i = 0; i < 5000; i++) {
      if (compile(draw(20)) !== "") continue;
      compiled++;
      run("findAll", [1, 1], draw(12));
      run("findFromEach", [1], draw(12));
      run("replace", [], draw(12), draw(8));
    }
    expect(compiled).toBeGreaterThan(500);
  });
});
