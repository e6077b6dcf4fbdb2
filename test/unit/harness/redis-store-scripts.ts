import { readdirSync, readFileSync } from "node:fs";

/** An EVAL; without more words it has no keys. */
export const script = (text: string, ...rest: string[]) => [
  "eval",
  text,
  ...(rest.length ? rest : ["0"]),
];

/** The words of a script in a source of the plugins: string literals joined by `+`. */
function scriptsOf(path: string): string[] {
  const source = readFileSync(new URL(path, import.meta.url), "utf8");
  return [...source.matchAll(/bytes\(\s*((?:"(?:[^"\\]|\\.)*"[\s+]*)+),?\s*\)/g)].map((match) =>
    [...match[1]!.matchAll(/"(?:[^"\\]|\\.)*"/g)]
      .map(([word]) => JSON.parse(word) as string)
      .join(""),
  );
}

const STORE = "../../../shared/store/assembly/";
const [CHECK = "", ALL = "", FIRST = "", CHARGE = "", WINDOWS = "", TAKE_BACK = ""] = scriptsOf(
  `${STORE}buckets/scripts.ts`,
);
const [RECORD = ""] = scriptsOf(`${STORE}usage/record.ts`);
const [ADD = ""] = scriptsOf(`${STORE}balances/add.ts`);
const [SET = ""] = scriptsOf(`${STORE}balances/set.ts`);
const [REMOVE = ""] = scriptsOf(`${STORE}balances/remove.ts`);
const [RESERVE = "", BALANCE_SETTLE = ""] = scriptsOf(`${STORE}balances/scripts.ts`);

/** What `WINDOWS` decides, without times that differ by a millisecond. */
const VERDICT = `local function run() ${WINDOWS} end return run()[1]`;

/** The scripts of `shared/store`, with words that take every branch that writes. */
export const STORES: string[][] = [
  script(CHECK + ALL, "2", "r1", "r2", "100", "60", "5", "10"),
  script(CHARGE, "2", "r1", "r2", "100", "60", "30", "5", "10", "30"),
  script(CHECK + ALL, "2", "r1", "r2", "100", "60", "5", "10"),
  script(CHECK + FIRST, "2", "r1", "r2", "100", "60", "5", "10"),
  script(CHARGE, "2", "r1", "r2", "100", "60", "30", "5", "10", "30"),
  ["mget", "r1", "r2"],
  ["set", "r1", "word"],
  script(CHECK + ALL, "2", "r1", "r2", "100", "60", "5", "10"),
  script(CHARGE, "1", "r1", "100", "60", "30"),
  script(WINDOWS, "2", "w", "w", "check", "0", "100", "60", "0", "1"),
  script(VERDICT, "3", "w", "w", "o", "strict", "60", "100", "60", "0", "1"),
  script(VERDICT, "3", "w", "w", "o", "strict", "60", "100", "60", "0", "1"),
  script(VERDICT, "3", "w", "w", "p", "strict", "60", "100", "60", "0", "1"),
  ["mget", "w", "o", "p"],
  script(TAKE_BACK, "1", "none", "-5", "60000"),
  script(TAKE_BACK, "1", "w", "-5", "100000"),
  script(TAKE_BACK, "1", "w", "-500", "100000"),
  ["get", "w"],
  script(ADD, "1", "b", "-5", "100", "0"),
  script(ADD, "1", "b", "-5", "100", "60"),
  script(RESERVE, "2", "b", "bh", "1000", "id", "40", "strict", "2000", "0", "0"),
  ["hgetall", "bh"],
  script(RESERVE, "2", "b", "bh", "3000", "id2", "500", "strict", "4000", "0", "0"),
  script(RESERVE, "2", "b", "bh", "3000", "id3", "20", "allow", "4000", "0", "0"),
  script(BALANCE_SETTLE, "2", "b", "bh", "id3", "20", "15", "4000"),
  ["get", "b"],
  ["exists", "bh"],
  script(RESERVE, "4", "n", "nh", "m", "mh", "1", "id", "5", "allow", "9", "30", "0", "0", "0"),
  script(RESERVE, "4", "n", "nh", "m", "mh", "1", "id", "5", "allow", "9", "30", "0", "40", "60"),
  script(RESERVE, "4", "n", "nh", "m", "mh", "1", "id", "5", "allow", "9", "30", "0", "40", "60"),
  ["mget", "n", "m"],
  ["hgetall", "mh"],
  script(SET, "2", "n", "nh", "12", "0"),
  script(SET, "2", "m", "mh", "13", "60"),
  ["exists", "nh"],
  script(REMOVE, "2", "m", "mh"),
  ["mget", "n", "m"],
  script(RECORD, "1", "book", "line", "1", "2", "1", "p", "2"),
  script(RECORD, "1", "book", "line", "5000000000", "2", "1", "p", "2"),
  script(RECORD, "1", "book", "line2", "1", "2", "1", "q", "2"),
  script(RECORD, "1", "book", "line3", "1", "2", "1", "q", "2"),
  ["hgetall", "book"],
];

if (
  readdirSync(new URL(STORE, import.meta.url)).length === 0 ||
  ![BALANCE_SETTLE, TAKE_BACK, SET, REMOVE].every(Boolean)
)
  throw new Error("the scripts of the store were not found");
