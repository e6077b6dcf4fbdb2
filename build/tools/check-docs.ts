import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { runAsScript } from "./check-report.js";
import { filesIn, foldersIn } from "./files.js";

/** What the documents may name. */
export interface Tree {
  /** True for a file or folder of the repository. */
  has(path: string): boolean;
  /** Folders at the root: the first step of every path a document gives from the root. */
  roots: ReadonlySet<string>;
  /** npm scripts of the root package. */
  scripts: ReadonlySet<string>;
}

/** Built, downloaded or filled in by the reader: named in documents, absent from the repository. */
const NOT_IN_THE_TREE = /^(build\/(envoy|higress|unit)|\.cache|node_modules)(\/|$)/;

/** The page about the order of plugins in a chain. */
const ORDER = "examples/README.md";

/** Scripts, links and paths in one Markdown text that lead nowhere. */
export function documentProblems(file: string, text: string, tree: Tree): string[] {
  const problems: string[] = [];
  for (const [, script] of text.matchAll(/npm run (?:-s |--silent )?([a-z][\w:-]*)/g)) {
    if (script && !tree.scripts.has(script)) {
      problems.push(`${file} names \`npm run ${script}\`, which package.json does not have`);
    }
  }
  const prose = text.replace(/^(`{3,})[\s\S]*?^\1\s*$/gm, "");
  for (const [, target] of prose.matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)) {
    if (target) problems.push(...linkProblems(file, target, tree));
  }
  for (const [, code] of prose.matchAll(/`([^`\n]+)`/g)) {
    if (code && isMissingPath(file, code, tree)) {
      problems.push(`${file} names \`${code}\`, which does not exist`);
    }
  }
  return problems;
}

function linkProblems(file: string, target: string, tree: Tree): string[] {
  if (/^([a-z]+:|#)/.test(target)) return [];
  const path = normalize(join(dirname(file), target.replace(/#.*$/, ""))).replace(/\/$/, "");
  if (NOT_IN_THE_TREE.test(path) || tree.has(path)) return [];
  return [`${file} links to ${target}, which does not exist`];
}

/** True for text that reads like a path of this repository and is none. */
function isMissingPath(file: string, code: string, tree: Tree): boolean {
  const path = code.replace(/\/$/, "");
  if (!/^[\w@.-]+(\/[\w@.-]+)+$/.test(path)) return false;
  if (!tree.roots.has(path.split("/")[0] ?? "") || NOT_IN_THE_TREE.test(path)) return false;
  return !tree.has(path) && !tree.has(join(dirname(file), path));
}

interface Outline {
  headings: number[];
  rows: number;
  blocks: { language: string; code: string }[];
}

/** The bones of a Markdown text, without what a translation changes. */
function outline(text: string): Outline {
  const blocks = [...text.matchAll(/^(`{3,})(\w*)[^\n]*\n[\s\S]*?^\1\s*$/gm)];
  const prose = text.replace(/^(`{3,})[\s\S]*?^\1\s*$/gm, "");
  return {
    headings: [...prose.matchAll(/^(#+) /gm)].map((match) => match[1]?.length ?? 0),
    rows: [...prose.matchAll(/^\|/gm)].length,
    blocks: blocks.map(([block, , language = ""]) => ({ language, code: codeOf(block) })),
  };
}

/** What a translation leaves alone: no comments, no `<placeholders>`. */
function codeOf(block: string): string {
  const lines = block.split("\n").map((line) => line.replace(/(^|\s)(#|\/\/) .*$/, "").trimEnd());
  return lines.join("\n").replaceAll(/<[^>\n]*>/g, "<>");
}

/** Where the Chinese text of a document has other headings, tables or code blocks. */
export function translationProblems(file: string, english: string, chinese: string): string[] {
  const [left, right] = [outline(english), outline(chinese)];
  const differ = (what: string, a: string | number, b: string | number): string[] =>
    a === b ? [] : [`${file}: ${what} differ between the languages: ${a} and ${b}`];
  return [
    ...differ("levels of the headings", left.headings.join(" "), right.headings.join(" ")),
    ...differ("numbers of table rows", left.rows, right.rows),
    ...differ("code blocks", languages(left), languages(right)),
    ...left.blocks.flatMap(({ language, code }, i) => {
      // Text is a drawing, or what a program says.
      if (/^(text)?$/.test(language) || code === right.blocks[i]?.code) return [];
      return [`${file}: code block ${i + 1} (${language}) differs between the languages`];
    }),
  ];
}

function languages({ blocks }: Outline): string {
  return blocks.map(({ language }) => language).join(" ");
}

/** Where a plugin stands in a chain, as its package.json says. */
export interface Place {
  plugin: string;
  phase: string;
  priority: number;
}

/** What the page about the order of plugins says otherwise than the plugins; both list all. */
export function orderProblems(file: string, text: string, places: readonly Place[]): string[] {
  const rows = [...text.matchAll(/^\| ([a-z-]+)( \(planned\))? \| (\w+) \| (\d+) \|/gm)].map(
    ([, plugin = "", planned, phase = "", priority]) => {
      return { plugin, isPlanned: planned !== undefined, phase, priority: Number(priority) };
    },
  );
  const problems = places.flatMap(({ plugin, phase, priority }) => {
    const row = rows.find((other) => other.plugin === plugin);
    if (!row) return [`${file} does not say where ${plugin} stands`];
    if (row.isPlanned) return [`${file} calls ${plugin} planned, but it is there`];
    const name = phase === "UNSPECIFIED_PHASE" ? "default" : phase;
    if (row.phase === name && row.priority === priority) return [];
    return [`${file} puts ${plugin} at ${row.phase} ${row.priority}, it is at ${name} ${priority}`];
  });
  const rank = (row: { phase: string; priority: number }) =>
    (row.phase === "AUTHN" ? 1e6 : 0) + row.priority;
  const late = rows.find((row, i) => i > 0 && rank(row) > rank(rows[i - 1] ?? row));
  if (late) problems.push(`${file} lists ${late.plugin} after a plugin that runs later`);
  return problems;
}

/** Plugins that are there, but stand in the list of plugins without a link: planned. */
export function stateProblems(file: string, text: string, plugins: readonly string[]): string[] {
  return plugins
    .filter((plugin) => !text.includes(`| [${plugin}](plugins/${plugin}/`))
    .map((plugin) => `${file} has no row that links to ${plugin}`);
}

function readPlaces(): Place[] {
  return foldersIn("plugins").map((plugin) => {
    const manifest = JSON.parse(readFileSync(`plugins/${plugin}/package.json`, "utf8")) as {
      wasmPlugin: Omit<Place, "plugin">;
    };
    return { plugin, ...manifest.wasmPlugin };
  });
}

function readTree(): Tree {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as {
    scripts: Record<string, string>;
  };
  return {
    has: (path) => existsSync(path),
    roots: new Set(foldersIn(".")),
    scripts: new Set(Object.keys(scripts)),
  };
}

export function checkDocs(): string[] {
  const tree = readTree();
  // A golden is a transcript: what looks like a path there is data.
  const files = filesIn(".").filter((file) => file.endsWith(".md") && !file.includes("/golden/"));
  const places = readPlaces();
  const plugins = places.map(({ plugin }) => plugin);
  const lists = ["README.md", "README_ZH.md"].flatMap((file) =>
    stateProblems(file, readFileSync(file, "utf8"), plugins),
  );
  const order = orderProblems(ORDER, readFileSync(ORDER, "utf8"), places);
  return [...lists, ...order].concat(
    files.flatMap((file) => {
      const text = readFileSync(file, "utf8");
      if (file.startsWith("build/template/")) return [];
      const problems = documentProblems(file, text, tree);
      const chinese = file.replace(/README\.md$/, "README_ZH.md");
      if (chinese === file) return problems;
      const mustHave = file === "README.md" || file.startsWith("plugins/");
      if (!existsSync(chinese)) return mustHave ? [...problems, `${chinese} is missing`] : problems;
      return [...problems, ...translationProblems(file, text, readFileSync(chinese, "utf8"))];
    }),
  );
}

runAsScript(import.meta.url, "docs", checkDocs);
