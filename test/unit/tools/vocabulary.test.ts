import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { readVocabulary } from "../../../build/tools/generate/vocabulary.js";
import { filesIn, foldersIn } from "../../../build/tools/files.js";
import { readWritten } from "./written-names.js";

const WORDS = readVocabulary();
const GOLDENS = filesIn("test/plugins").filter((file) => /\/golden\/.*\.md$/.test(file));
/** Attributes that the configurations of these goldens made up. */
const MADE_UP = /ai-statistics.golden.(attributes|values)/;

/** Metrics whose names are put together at run time, by what the code calls their names. */
const PUT_TOGETHER: Record<string, string[]> = {
  "ai-cache: skippedName(reason)": ["ai_cache_store_skipped_x"],
  // By `serviceBreaker`, whose arguments are read.
  'ai-cache: gauge.appendText("_breaker_open").view()': [],
  // By the names of its table.
  "ai-statistics: this.name(metric)": [],
  "model-router: name.view()": ["model_router.split.x.forced", "model_router.split.x.missing_key"],
  "token-rate-limit: name.view()": ["token_rate_limit_denied.x"],
};

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

  test("has every span tag and filter state that a golden shows", () => {
    const words = Object.values(WORDS);
    const named = transcriptLines(/^attribute (\S+) /).filter(([file]) => !MADE_UP.test(file));
    const tags = named.filter(([, name]) => name.startsWith("trace_span_tag."));
    expect(tags.length).toBeGreaterThan(20);
    const span = words.flatMap((own) => own.span ?? []).map(({ name }) => `trace_span_tag.${name}`);
    expect(tags.filter(([, name]) => !span.includes(name))).toEqual([]);
    const states = named.filter(([, name]) => !/^(ai_log$|trace_span_tag\.)/.test(name));
    expect(states.length).toBeGreaterThan(50);
    const state = words.flatMap((own) => own.state ?? []).map(({ name }) => name);
    expect(states.filter(([, name]) => !state.includes(name))).toEqual([]);
  });

  test.each(foldersIn("plugins"))("has every name that the code of %s writes", (plugin) => {
    const { metrics = [], log = [], state = [], span = [] } = WORDS[plugin] ?? {};
    const written = readWritten(plugin);
    const together = written.unknown.map((expression) => PUT_TOGETHER[`${plugin}: ${expression}`]);
    expect(together, `PUT_TOGETHER says what ${written.unknown.join()} make`).not.toContain(
      undefined,
    );
    const counted = [...written.metrics, ...together.flatMap((names) => names ?? [])];
    expect(counted.filter((name) => !isListed(name, metrics))).toEqual([]);
    expect(written.log.filter((name) => !isListed(name, log))).toEqual([]);
    expect(written.state.filter((name) => !isListed(name, state))).toEqual([]);
    expect(written.span.filter((name) => !isListed(name, span))).toEqual([]);
  });

  test("has the fields of ai_dialog, and no others", () => {
    const code = readFileSync("plugins/ai-statistics/assembly/dialog.ts", "utf8");
    const copied = /COPIED: string\[\] = \[([^\]]*)\]/.exec(code)![1]!.matchAll(/"(\w+)"/g);
    const keys = code.matchAll(/\.key\("(\w+)"\)/g);
    // Constants of names.ts and usage.ts.
    const others = ["session_id", "cached_tokens"];
    const fields = [...copied, ...keys].map((match) => match[1]!).concat(others);
    const listed = WORDS["ai-statistics"]!.dialog!.map(({ name }) => name);
    expect(listed.toSorted()).toEqual([...new Set(fields)].sort());
  });

  test.each(Object.keys(WORDS))("names what the code of %s says", (plugin) => {
    const folders = [`plugins/${plugin}/assembly`, "shared/store/assembly"];
    const code = folders
      .flatMap((folder) => filesIn(folder))
      .map((file) => readFileSync(file, "utf8"))
      .join("\n");
    const { metrics: own, log = [], span = [], state = [] } = WORDS[plugin]!;
    for (const { name } of [...own, ...log, ...span, ...state]) {
      // What the code has as one text: the last part of a name, or the one before a placeholder.
      const parts = name.split(/<[a-z]+>/).filter((part) => /[a-z]/.test(part));
      const last = parts.at(-1)!;
      const spelled = [
        last,
        last.replace(/^\.(metric\.)?/, ""),
        last.replace(/^\w+?(?=_(store|memory))/, ""),
        last.replace(/^\w+(?=_breaker_open$)/, ""),
      ];
      expect(
        spelled.some((text) => code.includes(text)),
        name,
      ).toBe(true);
    }
  });

  test("has no name that gateways take for a status of Envoy's", () => {
    // Envoy's own tags take `_rq_200` and `_rq_2xx` off the end of a name.
    expect(metrics.filter(({ name }) => /_rq_\d(\d+|xx)$/.test(name))).toEqual([]);
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
