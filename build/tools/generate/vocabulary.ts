import { readFileSync } from "node:fs";

/** A name that plugins write, and what it says. `<part>` stands for any text. */
export interface Word {
  name: string;
  says: string;
}

/** A metric. */
export interface MetricWord extends Word {
  kind: "counter" | "gauge" | "histogram";
}

/** What one plugin writes, besides log lines. */
export interface PluginWords {
  metrics: MetricWord[];
  /** Keys of `ai_log`. */
  log?: Word[];
  /** Span tags. */
  span?: Word[];
  /** Filter state of its own. */
  state?: Word[];
  /** Fields of `ai_dialog`. */
  dialog?: Word[];
}

/** Where the words stand, and the page made of them. */
export const VOCABULARY_SOURCE = "examples/statistics/vocabulary.json";
export const VOCABULARY_PAGE = "examples/statistics/VOCABULARY.md";

/** By plugin. */
export function readVocabulary(): Record<string, PluginWords> {
  return JSON.parse(readFileSync(VOCABULARY_SOURCE, "utf8")) as Record<string, PluginWords>;
}

/** The page: every metric, log attribute, filter state and span tag of the set. */
export function vocabularyPage(words = readVocabulary()): string {
  const sections = Object.entries(words).map(([plugin, own]) => section(plugin, own));
  return `# Metrics, log attributes and span tags

Generated from [vocabulary.json](vocabulary.json) by \`npm run generate\`; a test compares it with what the plugins do. Gateways publish metrics as \`wasmcustom.<name>\`. In \`/stats/prometheus\` dots become underscores, and the four labels of a name that begins with \`route.\` become tags (see [README](README.md)).
${sections.join("")}`;
}

function section(plugin: string, words: PluginWords): string {
  const { metrics, log = [], span = [], state = [], dialog = [] } = words;
  const tables = [
    table("key of `ai_log`", log),
    table("filter state, `%FILTER_STATE(wasm.<name>:PLAIN)%`", state),
    table("field of `ai_dialog`", dialog),
    table("span tag", span),
  ];
  const rows = metrics.map(({ name, kind, says }) => `| \`${name}\` | ${kind} | ${says} |`);
  return `
## ${plugin}

| metric | kind | counts |
| --- | --- | --- |
${rows.join("\n")}
${tables.join("")}`;
}

function table(title: string, words: Word[]): string {
  if (!words.length) return "";
  const rows = words.map(({ name, says }) => `| \`${name}\` | ${says} |`);
  return `
| ${title} | says |
| --- | --- |
${rows.join("\n")}
`;
}
