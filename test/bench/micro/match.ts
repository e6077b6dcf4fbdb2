import { Random } from "../../conformance/random.js";
import { loadDriver } from "../../unit/bytes/load.js";
import { printTimings, timeTasks, type Task } from "./time.js";

// shared/match: many words, many patterns and built-in detectors over 100 KiB of text, and how long
// fifty thousand words take to build.
//
//   npx tsx test/bench/micro/match.ts

const words = await loadDriver("test/unit/match/driver/words.ts");
const set = await loadDriver("test/unit/match/driver/set.ts");
const find = await loadDriver("test/unit/match/driver/find.ts");
const detect = await loadDriver("test/unit/match/driver/detect.ts");

const SIZE = 100 << 10;
const LONGEST = 1;
const PROSE = "The quick brown fox jumps over the lazy dog, and nobody asked it why. ";
const CHINESE = "今天天气很好，我们去公园散步吧。";
const MAILS = "write to alice.smith@example.com or call 13812345678 before 2024-02-29. ";

const fill = (part: string): Buffer =>
  Buffer.from(part.repeat(Math.ceil(SIZE / Buffer.byteLength(part)))).subarray(0, SIZE);
const english = fill(PROSE);
const chinese = fill(CHINESE);
const mails = fill(MAILS);

const random = new Random(50);
const FIFTY_THOUSAND = Array.from({ length: 50_000 }, () =>
  Array.from({ length: 2 + random.below(7) }, () =>
    String.fromCodePoint(0x4e00 + random.below(3500)),
  ).join(""),
).join("\n");

words("build", [0, 1, 0], FIFTY_THOUSAND);
const [bytes, pages] = words("weigh", [])!.toString().split(" ").map(Number);
console.log(`50,000 words: ${bytes! >> 10} KiB held, ${pages! * 64} KiB of memory with the heap`);
printTimings(
  "building a set of words",
  timeTasks([
    {
      name: "50,000 Chinese words",
      bytes: Buffer.byteLength(FIFTY_THOUSAND),
      run: () => words("build", [0, 1, 0], FIFTY_THOUSAND),
    },
  ]),
);

const OPTIONS: [name: string, flags: number[]][] = [
  ["as they are", [0, 0, 0]],
  ["normalised", [0, 1, 0]],
  ["without separators", [0, 1, 1]],
];
for (const [name, flags] of OPTIONS) {
  words("build", flags, FIFTY_THOUSAND);
  const scan = (what: string, text: Buffer): Task => ({
    name: what,
    bytes: text.length,
    run: () => words("count", [LONGEST], text),
  });
  printTimings(
    `50,000 words, ${name}`,
    timeTasks([scan("English", english), scan("Chinese", chinese)]),
  );
}

for (const count of [1, 32, 100, 500]) {
  const patterns = Array.from(
    { length: count },
    (_, i) => `(?i)\\b(?:secret|token)${i}[:=]\\s*\\w+`,
  );
  set("build", [count], ...patterns);
  const scan = (what: string, text: Buffer): Task => ({
    name: what,
    bytes: text.length,
    run: () => set("scan", [1, 0], text),
  });
  printTimings(
    `a set of ${count} patterns`,
    timeTasks([scan("English", english), scan("Chinese", chinese)]),
  );
}

find("compile", [0], "[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\\.[a-z]{2,}");
const findAll = (name: string, text: Buffer): Task => ({
  name,
  bytes: text.length,
  run: () => find("count", [], text),
});
printTimings(
  "where an e-mail address is",
  timeTasks([findAll("English, none", english), findAll("one every 72 bytes", mails)]),
);

printTimings(
  "detectors, English with an address and a number every 72 bytes",
  timeTasks(
    [
      "phone_cn",
      "idcard_cn",
      "credit_card",
      "email",
      "ipv4",
      "ipv6",
      "ssn_us",
      "iban",
      "api_key",
    ].map((kind) => ({ name: kind, bytes: SIZE, run: () => detect("detect", [1], kind, mails) })),
  ),
);
