import { beforeAll, describe, expect, it, test } from "vitest";
import { Random } from "../../conformance/random.js";
import { loadDriver, type Run } from "../bytes/load.js";
import { allMatches, leftmostLongest, type Match, type Options } from "./naive-words.js";

let run: Run;

beforeAll(async () => {
  run = await loadDriver("test/unit/match/driver/words.ts");
});

const PLAIN: Options = { caseSensitive: false, normalise: false, ignoreSeparators: false };
const NORMALISED: Options = { ...PLAIN, normalise: true };
const SQUEEZED: Options = { ...NORMALISED, ignoreSeparators: true };
const ALL = 0;
const LONGEST = 1;

/** Builds a set; answers the numbers of the words that are refused. */
function build(words: string[], options: Options): string {
  const { caseSensitive, normalise, ignoreSeparators } = options;
  const flags = [caseSensitive, normalise, ignoreSeparators].map(Number);
  return run("build", [...flags, 0], words.join("\n"))!.toString();
}

/** The matches, as `start-end:payload`. */
function scan(matches: number, ...pieces: (string | Uint8Array)[]): string {
  return run("scan", [matches, pieces.length, 0], ...pieces)!
    .toString()
    .trim();
}

/** The texts that match, over each other or not. */
function found(words: string[], text: string, options = PLAIN, matches = ALL): string[] {
  build(words, options);
  const bytes = Buffer.from(text);
  const places = scan(matches, text).split(" ").filter(Boolean);
  return places.map((place) => {
    const [start, end] = place.split(":")[0]!.split("-").map(Number);
    return bytes.subarray(start, end).toString();
  });
}

const print = (matches: Match[]): string =>
  matches.map(({ start, end, payload }) => `${start}-${end}:${payload}`).join(" ");

describe("words", () => {
  it("ASCII words are whole words", () => {
    expect(found(["ass"], "class ass Ass, glass ASS")).toEqual(["ass", "Ass", "ASS"]);
    expect(found(["ass"], "ass_ 1ass ass1 ass")).toEqual(["ass"]);
    expect(found(["c++", "$$$"], "in c++, $$$5 or xc++")).toEqual(["c++", "$$$"]);
    expect(found(["drop table"], "drop table; drop tables")).toEqual(["drop table"]);
  });

  it("ASCII words inside of others, when asked for", () => {
    run("build", [0, 0, 0, 1], "ass\n[[a_1]]");
    expect(scan(ALL, "class ass x[[A_1]]y")).toBe("2-5:0 6-9:0 11-18:1");
  });

  it("others are found anywhere, next to ASCII too", () => {
    expect(found(["敏感"], "这是敏感词")).toEqual(["敏感"]);
    expect(found(["ass", "群"], "中ass中, QQ群号")).toEqual(["ass", "群"]);
    expect(found(["QQ群"], "加qq群,x")).toEqual(["qq群"]);
  });

  it("case, when asked for", () => {
    expect(found(["Bad"], "bad Bad BAD", { ...PLAIN, caseSensitive: true })).toEqual(["Bad"]);
    expect(found(["É"], "é É")).toEqual(["É"]);
  });

  it("all matches, or the leftmost and longest", () => {
    const words = ["中国", "中国人", "国人", "人民", "人"];
    expect(found(words, "中国人民")).toEqual(["中国", "中国人", "国人", "人", "人民"]);
    expect(found(words, "中国人民", PLAIN, LONGEST)).toEqual(["中国人"]);
    expect(found(["ab c d", "b", "c", "ab"], "ab c x", PLAIN, LONGEST)).toEqual(["ab", "c"]);
  });

  it("forms of a character and characters without width, positions are of the text", () => {
    expect(found(["bad词"], "ＢａＤ\u200b词!", NORMALISED)).toEqual(["ＢａＤ\u200b词"]);
    expect(found(["ass"], "cl\u200bass \u{feff}a\u00ads\u2060s", NORMALISED)).toEqual([
      "a\u00ads\u2060s",
    ]);
    expect(found(["ｂａｄ"], "bad", NORMALISED)).toEqual(["bad"]);
    const tags = "b\u{e0001}a\u{e0fff}d";
    expect(found(["bad"], tags, NORMALISED)).toEqual([tags]);
    expect(found(["bad"], "b\u{dffff}a\u{e1000}d", NORMALISED)).toEqual([]);
    expect(found(["bad"], "ｂａｄ")).toEqual([]);
  });

  it("separators between single characters", () => {
    expect(found(["bad"], "b-a-d, b a d; b...a...d", SQUEEZED)).toEqual([
      "b-a-d",
      "b a d",
      "b...a...d",
    ]);
    expect(found(["bad"], "ba d b ad b-----a-----d", SQUEEZED)).toEqual([]);
    expect(found(["敏感词"], "敏感*词 敏-感-词", SQUEEZED)).toEqual(["敏感*词", "敏-感-词"]);
    expect(found(["drop table"], "drop table droptable", SQUEEZED)).toEqual(["drop table"]);
  });

  it("refuses what cannot be looked for, and takes the first of equal ones", () => {
    expect(build(["", "a", "x".repeat(1000), "x".repeat(1001)], PLAIN)).toBe("0 3 ");
    expect(build(["\u200b", "a", " b", "c.", "-"], SQUEEZED)).toBe("0 2 3 4 ");
    build(["bad", "BAD", "ＢＡＤ"], NORMALISED);
    expect(scan(ALL, "bad")).toBe("0-3:0");
    build([], PLAIN);
    expect(scan(ALL, "bad")).toBe("");
  });
});

describe("a text in pieces", () => {
  const lives = (...pieces: (string | Uint8Array)[]): string =>
    run("scan", [LONGEST, pieces.length, 1], ...pieces)!
      .toString()
      .trim();

  it("a match comes when it is certain, `live` is what it may still take", () => {
    build(["abc", "abc def", "x"], PLAIN);
    expect(lives("say ab", "c", " d", "o x")).toBe("~2 ~3 ~5 4-7:0 ~1 11-12:2");
    build(["敏感词"], NORMALISED);
    const bytes = Buffer.from("是敏\u200b感词。");
    expect(lives(bytes.subarray(0, 5), bytes.subarray(5, 8), bytes.subarray(8))).toBe(
      "~2 ~5 3-15:0 ~0",
    );
  });

  it("cut at every byte, it has the same matches", () => {
    const words = ["bad", "bad词", "词汇", "drop table", "a"];
    const text = Buffer.from("ＢＡＤ词汇 b a d drop\u200b table, a 词 汇 \u{1f600}a bad");
    for (const options of [PLAIN, NORMALISED, SQUEEZED]) {
      build(words, options);
      for (const matches of [ALL, LONGEST]) {
        const whole = scan(matches, text);
        for (let cut = 0; cut <= text.length; cut++) {
          expect(scan(matches, text.subarray(0, cut), text.subarray(cut))).toBe(whole);
        }
        expect(scan(matches, ...Array.from(text, (byte) => Buffer.of(byte)))).toBe(whole);
      }
    }
  });
});

describe("against trying each word at each character", () => {
  const LETTERS = [..."aabbcAB-_. ,中国人ａＢ\u200b\u{e0041}\u3000、。…·é😀1"];

  test.each([1, 2, 3, 4, 5, 6])("seed %i", (seed) => {
    const random = new Random(seed);
    const text = (below: number): string =>
      Array.from({ length: random.below(below) }, () => random.pick(LETTERS)).join("");
    let matches = 0;
    for (let i = 0; i < 400; i++) {
      const options = {
        caseSensitive: random.chance(0.3),
        normalise: random.chance(0.5),
        ignoreSeparators: random.chance(0.5),
      };
      const drawn = Array.from({ length: 1 + random.below(12) }, () => text(6));
      const refused = new Set(build(drawn, options).split(" ").filter(Boolean).map(Number));
      const words = drawn.map((word, number) => (refused.has(number) ? "" : word));
      for (let j = 0; j < 5; j++) {
        const body = text(40);
        const all = naive(words, body, options);
        const where = `${JSON.stringify([words, body, options])}: `;
        expect(where + scan(ALL, ...pieces(random, body))).toBe(where + print(all));
        const longest = print(leftmostLongest(all));
        expect(where + scan(LONGEST, ...pieces(random, body))).toBe(where + longest);
        matches += all.length;
      }
    }
    expect(matches).toBeGreaterThan(1000);
  });

  /** Refused words are empty here; payloads stay those of the list. */
  function naive(words: string[], text: string, options: Options): Match[] {
    const numbers = words.flatMap((word, number) => (word === "" ? [] : [number]));
    const kept = numbers.map((number) => words[number]!);
    return allMatches(kept, text, options).map((match) => ({
      ...match,
      payload: numbers[match.payload]!,
    }));
  }

  function pieces(random: Random, text: string): Uint8Array[] {
    const bytes = Buffer.from(text);
    const cut = random.below(bytes.length + 1);
    return random.chance(0.5) ? [bytes] : [bytes.subarray(0, cut), bytes.subarray(cut)];
  }
});

describe("holding back", () => {
  it("no match begins in what `live` let go", () => {
    const random = new Random(11);
    const letters = [..."ab- 中国\u200bｂ"];
    for (let i = 0; i < 300; i++) {
      const draw = (length: number): string =>
        Array.from({ length }, () => random.pick(letters)).join("");
      const words = Array.from({ length: 6 }, () => draw(1 + random.below(5)));
      const options = random.chance(0.5) ? SQUEEZED : NORMALISED;
      build(words, options);
      const text = draw(30);
      const bytes = Array.from(Buffer.from(text), (byte) => Buffer.of(byte));
      let fed = 0;
      let released = 0;
      for (const token of lives(bytes)) {
        if (token.startsWith("~")) {
          const live = Number(token.slice(1));
          expect(live).toBeLessThanOrEqual(++fed);
          released = Math.max(released, fed - live);
        } else {
          const start = Number(token.split("-")[0]);
          expect(start, JSON.stringify([words, text, options])).toBeGreaterThanOrEqual(released);
        }
      }
    }
  });

  /** Matches and `~live`, as they come. Matches of a piece come before its `live`. */
  function lives(pieces: Uint8Array[]): string[] {
    const answer = run("scan", [LONGEST, pieces.length, 1], ...pieces)!.toString();
    return answer.split(" ").filter(Boolean);
  }
});

describe("many words and hostile text", () => {
  it("fifty thousand words hold less than 12 MiB", () => {
    const random = new Random(50);
    const words = Array.from({ length: 50_000 }, () =>
      Array.from({ length: 2 + random.below(7) }, () =>
        String.fromCodePoint(0x4e00 + random.below(3500)),
      ).join(""),
    );
    build(words, NORMALISED);
    const [bytes, pages] = run("weigh", [])!.toString().split(" ").map(Number);
    expect(bytes).toBeLessThan(12 << 20);
    expect(pages! * 65_536).toBeLessThan(48 << 20);
    for (const number of [0, 1, 25_000, 49_999]) {
      const text = `x${words[number]!}y`;
      const payload = words.indexOf(words[number]!);
      expect(scan(ALL, text).split(" ")).toContain(`1-${Buffer.byteLength(text) - 1}:${payload}`);
    }
  });

  it("words inside of each other, and a megabyte that nearly matches", () => {
    build(["a".repeat(999) + "b", "a".repeat(500) + "c", "a b"], SQUEEZED);
    expect(scan(LONGEST, "a".repeat(1 << 20))).toBe("");
    build(
      Array.from({ length: 40 }, (_, i) => "中".repeat(i + 1)),
      NORMALISED,
    );
    expect(run("count", [LONGEST], "中".repeat(40_000))!.toString()).toBe("1000");
    expect(run("count", [ALL], "中".repeat(10_000))!.toString()).toBe(String(40 * 10_000 - 780));
  });

  it("no bytes trap, as word or as text", () => {
    const random = new Random(99);
    const special = Buffer.from("ab -ａ中\u200b\u{1f600}");
    const draw = (below: number): Buffer =>
      Buffer.from(
        Array.from({ length: random.below(below) }, () =>
          random.chance(0.7) ? special[random.below(special.length)]! : random.below(256),
        ),
      );
    for (let i = 0; i < 3000; i++) {
      run("build", [i & 1, (i >> 1) & 1, (i >> 2) & 1], draw(60));
      const text = draw(40);
      const whole = scan(i % 2, text);
      expect(scan(i % 2, ...Array.from(text, (byte) => Buffer.of(byte)))).toBe(whole);
    }
  });
});
