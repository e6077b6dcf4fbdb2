import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readVocabulary } from "../../../build/tools/generate/vocabulary.js";
import { filesIn, foldersIn } from "../../../build/tools/files.js";

const WORDS = readVocabulary();
const GOLDENS = filesIn("test/plugins").filter((file) => /\/golden\/.*\.md$/.test(file));
/** Attributes that the configurations of these goldens made up. */
const MADE_UP = /ai-statistics.golden.(attributes|values)/;

/** Whether a name is one that the page has, with anything in place of `<part>`. */
function isListed(name: string, listed: readonly { name: string }[]): boolean {
  return listed.some(({ name: pattern }) => {
    const parts = pattern.split(/<[a-z]+>/).map((part) => part.replace(/[.]/g, "\\."));
    return new RegExp(`^${parts.join(".+")}$`).test(name);
  });
}

function transcriptLines(kind: RegExp): [file: string, rest: string][] {
  return GOLDENS.flatMap((file) =>
    readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line): [string, string][] => {
        const rest = kind.exec(line)?.[1];
        return rest === undefined ? [] : [[file, rest]];
      }),
  );
}

describe("the vocabulary", () => {
  const metrics = Object.values(WORDS).flatMap((words) => words.metrics);
  const keys = Object.values(WORDS).flatMap((words) => words.log ?? []);

  test("has every metric that a golden shows", () => {
    const shown = transcriptLines(/^metric +(\S.*) [-+]?\S+$/);
    expect(shown.length).toBeGreaterThan(100);
    expect(shown.filter(([, name]) => !isListed(name, metrics))).toEqual([]);
  });

  test("has every key of ai_log that a golden shows", () => {
    const shown = transcriptLines(/^attribute ai_log (\{.*\})$/).flatMap(([file, text]) => {
      if (MADE_UP.test(file)) return [];
      // Values that depend on the time are dots, some from the middle of their key on.
      const json = (JSON.parse(`"${text}"`) as string)
        .replaceAll('"..."', '""')
        .replace(/"[^"]*\.\.\.,?/g, "")
        .replace(/,}/g, "}");
      return Object.keys(JSON.parse(json) as object).map((key) => [file, key] as const);
    });
    expect(shown.length).toBeGreaterThan(50);
    const listed = keys.map(({ name }) => name);
    expect(shown.filter(([, key]) => !listed.includes(key))).toEqual([]);
  });

  test.each(Object.keys(WORDS))("names what the code of %s says", (plugin) => {
    const folders = [`plugins/${plugin}/assembly`, "shared/store/assembly"];
    const code = folders
      .flatMap((folder) => filesIn(folder))
      .map((file) => readFileSync(file, "utf8"))
      .join("\n");
    const { metrics: own, log = [], span = [] } = WORDS[plugin]!;
    for (const { name } of [...own, ...log, ...span]) {
      // What the code has as one text: the last part of a name, or the one before a placeholder.
      const parts = name.split(/<[a-z]+>/).filter((part) => /[a-z]/.test(part));
      const last = parts.at(-1)!;
      const spelled = [
        last,
        last.replace(/^\.(metric\.)?/, ""),
        last.replace(/^\w+?(?=_(store|memory))/, ""),
      ];
      expect(
        spelled.some((text) => code.includes(text)),
        name,
      ).toBe(true);
    }
  });

  test("has every plugin that counts something", () => {
    const counting = foldersIn("plugins").filter((plugin) =>
      filesIn(`plugins/${plugin}/assembly`).some((file) =>
        /new (Counter|Gauge|Histogram)\(/.test(readFileSync(file, "utf8")),
      ),
    );
    expect(Object.keys(WORDS).sort()).toEqual(counting.sort());
  });
});
