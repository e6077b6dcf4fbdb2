import { fieldsOf, type ConfigSchema, type Field } from "./schema.js";

export type Language = "en" | "zh";

/** A README's generated part stands between these two lines. */
const START = "<!-- config -->";
const END = "<!-- /config -->";

const WORDS = {
  en: {
    head: ["Field", "Type", "Default", "Since", "Meaning"],
    global: "Global part (`defaultConfig` of a WasmPlugin, the top level of the JSON):",
    rule: "Rules (`_rules_[]`; Higress writes them from `matchRules`):",
    types: {
      boolean: "boolean",
      integer: "integer",
      number: "number",
      string: "string",
      object: "object",
      "string[]": "list of string",
      "integer[]": "list of integer",
      "object[]": "list of object",
    },
    oneOf: "one of",
    peer: "Higress",
    none: "–",
  },
  zh: {
    head: ["字段", "类型", "缺省值", "起始版本", "含义"],
    global: "全局配置（WasmPlugin 的 `defaultConfig`，即 JSON 顶层）：",
    rule: "规则（`_rules_[]`，由 Higress 根据 `matchRules` 生成）：",
    types: {
      boolean: "布尔",
      integer: "整数",
      number: "数字",
      string: "字符串",
      object: "对象",
      "string[]": "字符串列表",
      "integer[]": "整数列表",
      "object[]": "对象列表",
    },
    oneOf: "可选值",
    peer: "Higress",
    none: "–",
  },
} as const;

/** Replaces the configuration tables of a README. @throws Error when the markers are missing */
export function fillReadme(text: string, schema: ConfigSchema, language: Language): string {
  const start = text.indexOf(START);
  const end = text.indexOf(END);
  if (start < 0 || end < start) throw new Error(`no ${START} … ${END} in the README`);
  const tables = configTables(schema, language);
  return `${text.slice(0, start)}${START}\n\n${tables}\n\n${text.slice(end)}`;
}

function configTables(schema: ConfigSchema, language: Language): string {
  const words = WORDS[language];
  return (["global", "rule"] as const)
    .map((part) => ({ part, rows: rowsOf(schema, part, "", language) }))
    .filter(({ rows }) => rows.length > 0)
    .map(({ part, rows }) => [words[part], "", ...header(words.head), ...rows].join("\n"))
    .join("\n\n");
}

function header(names: readonly string[]): string[] {
  return [row(names), row(names.map(() => "---"))];
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

/**
 * Members follow their object as `redis.timeout`, or their list as `consumers[].name`; in rules they
 * are not repeated.
 */
function rowsOf(
  schema: ConfigSchema,
  definition: string,
  prefix: string,
  language: Language,
): string[] {
  return Object.entries(fieldsOf(schema, definition)).flatMap(([name, field]) => {
    const path = prefix + name;
    const items = field["x-items"];
    const inner = field["x-type"] === "object" ? `${path}.` : `${path}[].`;
    const nested = items ? rowsOf(schema, items, inner, language) : [];
    return [fieldRow(path, field, language), ...nested];
  });
}

function fieldRow(path: string, field: Field, language: Language): string {
  const words = WORDS[language];
  const choices = (field.enum ?? []).filter((value, _, all) => isDocumented(value, all));
  const meaning = language === "en" ? field.description : field["x-description-zh"];
  const list = choices.map((value) => `\`${String(value)}\``).join(", ");
  return row([
    `\`${path}\``,
    words.types[field["x-type"]],
    field.default === undefined ? words.none : `\`${JSON.stringify(field.default)}\``,
    field["x-since"] ?? words.peer,
    (list ? `${meaning} (${words.oneOf} ${list})` : meaning).replaceAll("|", "\\|"),
  ]);
}

/**
 * False for "401" in an enum that also has 401, for null, the empty text and the two of a flag: they are
 * accepted, and no choice to make.
 */
function isDocumented(value: unknown, all: unknown[]): boolean {
  if (value === null || value === "" || all.includes(true)) return false;
  return typeof value !== "string" || !all.includes(Number(value));
}
