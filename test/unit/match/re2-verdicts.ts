import { readFileSync, writeFileSync } from "node:fs";
import { isScript } from "../../../build/tools/check-report.js";
import { PatternSource } from "./patterns.js";
import { freshRe2 } from "./re2.js";

/*
 * What RE2 says about 16,000 random patterns and eight texts each. To ask it takes most of a minute,
 * so its answers are kept; regex.test.ts asks again about every 20th. Written by
 *
 *   npx tsx test/unit/match/re2-verdicts.ts
 */

export const SEEDS = [1, 2, 3, 4];
export const PATTERNS = 4000;
const TEXTS = 8;
/** Patterns that one RE2 has room for. */
const ROOM = 250;
/** Characters per line of the file: two for each pattern. */
const LINE = 100;

export interface Question {
  pattern: string;
  texts: string[];
}

/** The same questions for the same seed. */
export function questions(seed: number): Question[] {
  const source = new PatternSource(seed);
  return Array.from({ length: PATTERNS }, () => ({
    pattern: source.pattern(),
    texts: Array.from({ length: TEXTS }, () => source.text()),
  }));
}

/** A letter for each text, y or n; null for patterns that RE2 refuses. */
export function askRe2(asked: Question[]): (string | null)[] {
  let RE2 = freshRe2();
  return asked.map(({ pattern, texts }, i) => {
    if (i % ROOM === ROOM - 1) RE2 = freshRe2();
    try {
      const re2 = new RE2(pattern, "u");
      return texts.map((text) => (re2.test(text) ? "y" : "n")).join("");
    } catch (error) {
      if (String(error).includes("OOM")) throw error;
      return null;
    }
  });
}

/** The answers that were kept: a byte in hex for each pattern, `--` for one that is refused. */
export function keptVerdicts(seed: number): (string | null)[] {
  const kept = readFileSync(pathOf(seed), "utf8").replaceAll("\n", "");
  return (kept.match(/../g) ?? []).map((pair) => {
    if (pair === "--") return null;
    const bits = parseInt(pair, 16).toString(2).padStart(TEXTS, "0");
    return bits.replaceAll("1", "y").replaceAll("0", "n");
  });
}

function encode(verdict: string | null): string {
  if (verdict === null) return "--";
  const bits = verdict.replaceAll("y", "1").replaceAll("n", "0");
  return parseInt(bits, 2).toString(16).padStart(2, "0");
}

function pathOf(seed: number): string {
  return `test/fixtures/regex/re2-seed-${seed}.txt`;
}

if (isScript(import.meta.url)) {
  for (const seed of SEEDS) {
    const pairs = askRe2(questions(seed)).map(encode).join("");
    writeFileSync(pathOf(seed), pairs.replace(new RegExp(`.{${LINE}}`, "g"), "$&\n"));
  }
}
