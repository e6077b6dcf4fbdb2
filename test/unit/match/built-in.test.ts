import { mkdirSync, writeFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import { packWords, readWordList } from "../../../build/tools/words/automaton.js";
import { Random } from "../../conformance/random.js";
import { loadDriver, type Run } from "../bytes/load.js";

const LIST = ".cache/unit/built-in-words.txt";
const random = new Random(11);
const LETTERS = ["a", "b", "c", "感", "词", "库"];
const text = (most: number, letters = LETTERS): string =>
  Array.from({ length: 1 + random.below(most) }, () => random.pick(letters)).join("");

/** With shared beginnings and ends, words inside of words, and a long one. */
const WORDS = [
  ...new Set([
    ...Array.from({ length: 300 }, () => text(6)).filter((word) => /[^abc]/.test(word)),
    ...["ab", "bca", "cabba", "Bad-Word", "x1", "$$$", "敏感词", "a感".repeat(40)],
  ]),
];

let run: Run;
beforeAll(async () => {
  mkdirSync(".cache/unit", { recursive: true });
  writeFileSync(LIST, `${WORDS.join("\r\n")}\r\n\r\n  \r\n`);
  run = await loadDriver("test/unit/match/driver/built-in.ts", undefined, undefined, LIST);
});

const isWord = (character: string | undefined): boolean => /^\w$/.test(character ?? "");

/** What the scan is for, the slow way. */
function occurs(written: string, minChars: number): boolean {
  const plain = written.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  return WORDS.map((word) => word.toLowerCase()).some((word) => {
    if ([...word].length < minChars) return false;
    const isAscii = [...word].every((character) => character < "\x80");
    for (let at = plain.indexOf(word); at >= 0; at = plain.indexOf(word, at + 1)) {
      const end = at + word.length;
      const torn =
        (isWord(word[0]) && isWord(plain[at - 1])) || (isWord(word.at(-1)) && isWord(plain[end]));
      if (!isAscii || !torn) return true;
    }
    return false;
  });
}

function scan(pieces: Uint8Array[], minChars: number, normalise = false): string {
  return run("scan", [minChars, Number(normalise), pieces.length], ...pieces)!.toString();
}

const verdict = (written: string, minChars = 1, normalise = false): boolean =>
  scan([Buffer.from(written)], minChars, normalise).endsWith("found");

test("20 000 seeded texts, cut anywhere", () => {
  let found = 0;
  for (let i = 0; i < 20_000; i++) {
    const written = text(14, [...LETTERS, "-", " ", "B", "1", "x", "敏"]);
    const minChars = 1 + random.below(5);
    const bytes = Buffer.from(written);
    const cuts = [0, random.below(bytes.length + 1), random.below(bytes.length + 1), bytes.length];
    cuts.sort((a, b) => a - b);
    const pieces = cuts.slice(1).map((to, k) => bytes.subarray(cuts[k], to));
    const expected = occurs(written, minChars);
    found += Number(expected);
    expect(scan(pieces, minChars).endsWith("found"), `${written} from ${minChars} on`).toBe(
      expected,
    );
  }
  expect(found).toBeGreaterThan(4000);
  expect(found).toBeLessThan(16_000);
});

test("what may still become a word waits, the rest does not", () => {
  expect(scan([Buffer.from("zz敏"), Buffer.from("感"), Buffer.from("z")], 3)).toBe("~3 ~6 ~0 none");
  // An ASCII word is one when no letter follows.
  expect(scan([Buffer.from("z ab"), Buffer.from("z")], 1)).toBe("~2 ~0 none");
  expect(scan([Buffer.from("z ab"), Buffer.from(" ")], 1)).toMatch(/^~2 .* found$/);
  expect(scan([Buffer.from("z ab")], 1)).toBe("~2 found");
});

test("letter case and, when asked for, width count for nothing", () => {
  expect(verdict("a BAD-word")).toBe(true);
  expect(verdict("ｘ１")).toBe(false);
  expect(verdict("ｘ１", 1, true)).toBe(true);
  expect(verdict("敏\u200b感词", 1, true)).toBe(true);
  expect(verdict("a感".repeat(40))).toBe(true);
});

test("bytes that are no text are only passed", () => {
  for (let i = 0; i < 2000; i++) {
    const bytes = Buffer.from(Array.from({ length: random.below(60) }, () => random.below(256)));
    expect(scan([bytes], 1)).toMatch(/^~\d+ (found|none)$/);
  }
});

test("a list has one word a line", () => {
  expect(readWordList(Buffer.from("\r\n A b \n\n词\r\n"))).toEqual(["a b", "词"]);
  expect(() => readWordList(Buffer.from([0xff]))).toThrow("not UTF-8");
  expect(() => packWords([])).toThrow("empty");
});

test("beginnings and ends of words are shared", () => {
  const ends = Array.from({ length: 100 }, (_, i) => String.fromCharCode(0x4e00 + i));
  const all = ends.flatMap((end) => ends.map((start) => `${start}abcdefgh${end}`));
  const separate = all.reduce((sum, word) => sum + Buffer.byteLength(word), 0);
  expect(packWords(all).length).toBeLessThan(separate / 60);
});
