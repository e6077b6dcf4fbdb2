import { beforeAll, describe, expect, it, test } from "vitest";
import { Random } from "../../conformance/random.js";
import { loadDriver, type Run } from "../bytes/load.js";
import { PatternSource } from "./patterns.js";
import { freshRe2 } from "./re2.js";

let run: Run;
let find: Run;

beforeAll(async () => {
  run = await loadDriver("test/unit/match/driver/set.ts");
  find = await loadDriver("test/unit/match/driver/find.ts");
});

type Text = string | Uint8Array;

const build = (...patterns: Text[]): string =>
  run("build", [patterns.length], ...patterns)!.toString();
/** Numbers of the patterns that match. */
const scan = (...pieces: Text[]): string =>
  run("scan", [pieces.length, 0], ...pieces)!
    .toString()
    .trim();
/** The same after each piece, and how many bytes at its end are to be held back. */
const scanLive = (...pieces: Text[]): string =>
  run("scan", [pieces.length, 1], ...pieces)!
    .toString()
    .trim();
/** Numbers of the patterns that match in each text. */
const scanByTurns = (step: number, ...texts: Text[]): string =>
  run("scanByTurns", [texts.length, step], ...texts)!.toString();
const bytes = (text: Text): Uint8Array[] =>
  Array.from(Buffer.from(text), (byte) => Buffer.of(byte));

describe("patterns of a set", () => {
  it("each says whether it matches", () => {
    build("\\bfoo\\b", "^a", "z$", "\\d{3}", "中.国", "", "(?i)BAR");
    expect(scan("foo")).toBe("0 5");
    expect(scan("a food 12 z")).toBe("1 2 5");
    expect(scan("1234 foo bar 中x国")).toBe("0 3 4 5 6");
    expect(scan("")).toBe("5");
  });

  it("in pieces, cut at every byte", () => {
    build("\\bfoo\\b", "中国", "^\\x{FFFD}", "x\\z", "(?m)^b", "\\Bo");
    for (const text of ["a foo中国", "\ufffdfoox", "a\nbfoo x"]) {
      const whole = Buffer.from(text);
      for (let cut = 0; cut <= whole.length; cut++) {
        expect(scan(whole.subarray(0, cut), whole.subarray(cut))).toBe(scan(text));
      }
      expect(scan(...bytes(text))).toBe(scan(text));
    }
    const torn = Buffer.from([0xe4, 0xb8, 0x78]);
    expect(scan(torn)).toBe("2 3");
    expect(scan(...bytes(torn))).toBe("2 3");
    expect(scan(torn.subarray(0, 2))).toBe("2");
  });

  it("texts by turns do not meet", () => {
    build("ab", "^b", "ba$");
    expect(scanByTurns(1, "aab", "bba")).toBe("0 | 1 2 | ");
    expect(scanByTurns(9, "x", "ab")).toBe("| 0 | ");
  });

  it("texts by turns keep their places when the automaton forgets its states", () => {
    build(
      "a[ab]{12}c",
      "^ab",
      "[ab]{2}b$",
      "^b[ab]*\\z",
      "ba{6}b",
      "\\Ba{9}",
      "\\bb{7}a",
      "\\Bb{9}",
    );
    const random = new Random(12);
    const letter = () =>
      random.chance(0.06) ? (random.chance(0.1) ? "c" : " ") : random.chance(0.5) ? "a" : "b";
    const text = (length: number) => Array.from({ length }, letter).join("");
    for (const step of [1, 5, 64, 1000, 4000]) {
      const texts = [40, 900, 9000, 0, 2999, 12000, 1, 8000].map(text);
      const alone = texts.map((one) => `${scan(one)} `.trimStart() + "| ").join("");
      expect(scanByTurns(step, ...texts)).toBe(alone);
      // Once more: now the states are those of the end of the last text.
      expect(scanByTurns(step, ...texts)).toBe(alone);
    }
  });

  it("a text whose state was forgotten goes on behind the byte it ended with", () => {
    build("a[ab]{12}c", "\\bb{7}a", "\\Bb{7}a");
    const random = new Random(5);
    const other = Array.from({ length: 2000 }, () => (random.chance(0.5) ? "a" : "b")).join("");
    for (const [last, found] of [
      [" ", "1"],
      ["b", "2"],
    ] as const) {
      const text = `${"a".repeat(1999)}${last}bbbbbbba`;
      expect(scanByTurns(2000, text, other).split("|")[0]?.trim()).toBe(found);
    }
  });

  it("bytes that lead nowhere are passed, and no other", () => {
    // The first makes so many states that all are forgotten again and again.
    const patterns = ["a[ab]{11}c", "x-", "\\B-", "bx z", "\\bz\\b", "\\Bz-", "\\Bx-?b", "z-$"];
    const random = new Random(31);
    const noise = (length: number, letters: string): string =>
      Array.from({ length }, () => random.pick([...letters])).join("");
    const seen = new Set<string>();
    for (let round = 0; round < 400; round++) {
      if (round % 40 === 0) build(...(round % 80 ? patterns : patterns.slice(1)));
      const length = random.chance(0.2) ? random.below(4000) : random.below(20);
      const text = noise(length, random.chance(0.5) ? "ab   " : "ab") + noise(6, "abx- z");
      const tested = Math.floor(round / 40) % 2 ? patterns : patterns.slice(1);
      const expected = tested.flatMap((one, i) => (new RegExp(one).test(text) ? [i] : []));
      expect([text.slice(-30), scan(text)]).toEqual([text.slice(-30), expected.join(" ")]);
      seen.add(expected.join());
    }
    expect(seen.size).toBeGreaterThan(10);
  });

  it("also when the states are forgotten in between", () => {
    build("a[ab]{11}c");
    const random = new Random(32);
    for (let round = 0; round < 4000; round++) {
      const letters = Array.from({ length: 100 + random.below(400) }, () =>
        random.pick(["a", "b"]),
      );
      expect(scan(`  ${letters.join("")} c`)).toBe("");
    }
    expect(scan(`  ${"ab".repeat(40)}c`)).toBe("0");
  });

  it("five hundred, not more", () => {
    const patterns = Array.from({ length: 501 }, (_, i) => `\\bword${i}x\\d{3}\\b`);
    expect(build(...patterns)).toBe(
      "500 error parsing regexp: expression too large: `\\bword500x\\d{3}\\b`\n500",
    );
    expect(scan("word0x123 word31x123 word32x123 word499x999 word500x123 word77x12")).toBe(
      "0 31 32 499",
    );
    expect(build("(", "a", "b\\")).toMatch(
      /^0 .*missing closing \).*\n2 .*trailing backslash.*\n1$/,
    );
    expect(scan("a")).toBe("0");
  });
});

describe("what to hold back", () => {
  it("the bytes of matches that may go on", () => {
    build("\\d{3}-\\d", "foo(?:bar)?", "\\bx\\b");
    expect(scanLive("a1", "23", "4-", "5a", " fo", "o", "ba", "d", " x", " ")).toBe(
      "~1 ~3 ~5 0 ~0 ~2 1 ~3 ~5 ~0 ~1 2 ~0",
    );
    build("1[3-9]\\d{9}");
    expect(scanLive("tel 1381234567", "8", "9")).toBe("~10 0 ~11 ~0");
    build("中国");
    expect(scanLive(Buffer.from("a中").subarray(0, 3), Buffer.from("中").subarray(2))).toBe(
      "~2 ~3",
    );
  });

  it("no match begins in what it lets go", () => {
    const source = new PatternSource(77);
    let crossing = 0;
    for (let i = 0; i < 300; i++) {
      const pattern = source.pattern(2);
      if (find("compile", [0], pattern)!.length > 0) continue;
      build(pattern);
      for (let j = 0; j < 3; j++) {
        const text = Buffer.from(source.text());
        const pieces = bytes(text);
        const lives = scanLive(...pieces)
          .split(" ")
          .filter((token) => token.startsWith("~"))
          .map((token) => Number(token.slice(1)));
        const matches =
          find("findFromEach", [0], text)!
            .toString()
            .match(/\d+-\d+/g) ?? [];
        for (const [start, end] of matches.map((match) => match.split("-").map(Number))) {
          for (let fed = start! + 1; fed < end!; fed++) {
            const where = JSON.stringify([pattern, text.toString(), start, end, fed]);
            expect(fed - lives[fed - 1]!, where).toBeLessThanOrEqual(start!);
            crossing++;
          }
        }
      }
    }
    expect(crossing).toBeGreaterThan(500);
  });
});

describe("against RE2", () => {
  test.each([31, 32])("seed %i", (seed) => {
    const source = new PatternSource(seed);
    const random = new Random(seed);
    let found = 0;
    for (let i = 0; i < 8; i++) {
      const RE2 = freshRe2();
      const compiled: [string, InstanceType<typeof RE2>][] = [];
      for (let wanted = 1 + random.below(70); compiled.length < wanted;) {
        const pattern = source.pattern(2);
        try {
          compiled.push([pattern, new RE2(pattern, "u")]);
        } catch {
          continue; // refused, by ours too: regex.test.ts
        }
      }
      const refused =
        build(...compiled.map(([pattern]) => pattern)).match(/^\d+(?= error)/gm) ?? [];
      for (const number of refused.reverse()) compiled.splice(Number(number), 1); // our limits are lower
      for (let j = 0; j < 20; j++) {
        const text = source.text() + source.text();
        const theirs = compiled.flatMap(([, re2], number) => (re2.test(text) ? [number] : []));
        const pieces = random.chance(0.5) ? [text] : bytes(text);
        expect(`${text}: ${scan(...pieces)}`).toBe(`${text}: ${theirs.join(" ")}`);
        found += theirs.length;
      }
    }
    expect(found).toBeGreaterThan(500);
  });
});

describe("hostile input", () => {
  it("ever new states, and patterns that keep a backtracker busy for ever", () => {
    build("a[ab]{17}c", "(a*)*d", "(.*)(.*)x", "(a|aa)+y");
    const random = new Random(7);
    const letters = Array.from({ length: 20_000 }, () => (random.chance(0.5) ? "a" : "b")).join("");
    expect(scan(letters)).toBe("");
    expect(scan(`${letters}a${"b".repeat(17)}c`)).toBe("0");
    expect(scan("a".repeat(1 << 18))).toBe("");
    expect(scanLive("a".repeat(300))).toBe("~300");
  });

  it("no bytes trap", () => {
    const random = new Random(97);
    const SPECIAL = Buffer.from("()[]{}|\\?*+^$.-aé中");
    const draw = (below: number): Buffer =>
      Buffer.from(
        Array.from({ length: random.below(below) }, () =>
          random.chance(0.9) ? SPECIAL[random.below(SPECIAL.length)]! : random.below(256),
        ),
      );
    for (let i = 0; i < 1500; i++) {
      build(draw(12), draw(12), draw(12));
      const text = draw(20);
      expect(scan(...bytes(text))).toBe(scan(text));
      scanLive(...bytes(text));
    }
  });
});
