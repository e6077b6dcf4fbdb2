import { loadDriver } from "../../unit/bytes/load.js";
import { printTimings, timeTasks, type Task } from "./time.js";

// shared/match: one pattern over 100 KiB of text, and how time grows with the text where a
// backtracker doubles it with every character.
//
//   npx tsx test/bench/micro/regex.ts

const run = await loadDriver("test/unit/match/driver/regex.ts");

const PROSE = "The quick brown fox jumps over the lazy dog, and nobody asked it why. ";
const CHINESE = "今天天气很好，我们去公园散步吧。";

function text(part: string, bytes: number): Buffer {
  return Buffer.from(part.repeat(Math.ceil(bytes / Buffer.byteLength(part)))).subarray(0, bytes);
}

/** A pattern of its own compilation per call would measure the compiler, so it stays in the driver. */
function search(name: string, pattern: string, body: Buffer): Task {
  return {
    name,
    bytes: body.length,
    run: () => {
      run("compile", [], pattern);
      run("matches", [], body);
    },
  };
}

const english = text(PROSE, 100 << 10);
const chinese = text(CHINESE, 102 << 10);
printTimings(
  "one pattern, 100 KiB, no match",
  timeTasks([
    search("a word, English", "password", english),
    search("a word, Chinese", "密码", chinese),
    search("phone number, English", "(?:\\+?86[- ]?)?1[3-9]\\d{9}", english),
    search("e-mail, English", "[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[a-z]{2,}", english),
    search("(?i) words, English", "(?i)\\b(secret|token|api[_-]?key)\\b", english),
    search("class of Unicode, Chinese", "\\p{Hangul}{2,}", chinese),
  ]),
);

for (const pattern of ["(a*)*b", "(a|a)*b", "(.*)(.*)(.*)b", "a{0,100}a{0,100}b"]) {
  printTimings(
    `${pattern} over a…a`,
    timeTasks([1, 4, 16, 64].map((k) => search(`${k} KiB`, pattern, text("a", k << 10)))),
  );
}
