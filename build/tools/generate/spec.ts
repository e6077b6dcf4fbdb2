import { stringify } from "yaml";
import { fieldsOf, type Field, type PluginDescription } from "./schema.js";

/** The form of a field in the console's schema. */
interface ConsoleField {
  type: string;
  scope?: string;
  title: string;
  "x-title-i18n": Record<string, string>;
  description: string;
  "x-description-i18n": Record<string, string>;
  default?: unknown;
  enum?: unknown[];
  items?: ConsoleObject | { type: string };
  properties?: Record<string, ConsoleField>;
  example?: unknown;
}

interface ConsoleObject {
  type: "object";
  properties: Record<string, ConsoleField>;
  example?: unknown;
}

/** `spec.yaml`: what the Higress console shows and edits. */
export function specYaml(plugin: PluginDescription): string {
  const { name, version, description, info, schema } = plugin;
  const example = schema.examples[0] ?? {};
  const { _rules_: rules, ...globalExample } = example;
  const document = {
    apiVersion: "1.0.0",
    info: {
      gatewayMinVersion: "2.0.0",
      type: "oss",
      category: info.category,
      name,
      image: `ai-gateway-wasm/${name}`,
      title: info.title,
      "x-title-i18n": { "zh-CN": info.titleZh },
      description,
      "x-description-i18n": { "zh-CN": info.descriptionZh },
      version,
      contact: { name: "ai-gateway-wasm contributors" },
    },
    spec: {
      phase: info.phase,
      priority: info.priority,
      configSchema: {
        openAPIV3Schema: { ...objectSchema(plugin, "global"), example: globalExample },
      },
      routeConfigSchema: {
        openAPIV3Schema: { ...ruleSchema(plugin), ...ruleExample(rules) },
      },
    },
  };
  return `# Generated from config.schema.json by \`npm run generate\`.\n${stringify(document, { lineWidth: 100, version: "1.1" })}`;
}

function objectSchema(plugin: PluginDescription, definition: string): ConsoleObject {
  const properties: Record<string, ConsoleField> = {};
  for (const [name, field] of Object.entries(fieldsOf(plugin.schema, definition))) {
    // The match keys are written by the controller, from `matchRules`.
    if (!name.startsWith("_")) properties[name] = consoleField(plugin, field);
  }
  return { type: "object", properties };
}

/** A rule also has the fields of the global part that may stand in both. */
function ruleSchema(plugin: PluginDescription): ConsoleObject {
  const own = objectSchema(plugin, "rule").properties;
  const { type, properties } = objectSchema(plugin, "global");
  const fields = fieldsOf(plugin.schema, "global");
  const shared = Object.entries(properties).filter(
    ([name]) => fields[name]?.["x-scope"] === "instance" && !(name in own),
  );
  return { type, properties: { ...own, ...Object.fromEntries(shared) } };
}

function consoleField(plugin: PluginDescription, field: Field): ConsoleField {
  const type = field["x-type"];
  const isList = type.endsWith("[]");
  const items = field["x-items"];
  return {
    type: isList ? "array" : type,
    scope: field["x-scope"] === "rule" ? "INSTANCE" : field["x-scope"].toUpperCase(),
    title: field.title,
    "x-title-i18n": { "zh-CN": field["x-title-zh"] },
    description: field.description,
    "x-description-i18n": { "zh-CN": field["x-description-zh"] },
    ...(field.enum && { enum: field.enum.filter((value) => matchesType(value, type)) }),
    ...(field.default !== undefined && { default: field.default }),
    ...(isList && { items: items ? objectSchema(plugin, items) : { type: type.slice(0, -2) } }),
    ...(type === "object" && items && { properties: objectSchema(plugin, items).properties }),
    ...(field.examples?.[0] !== undefined && { example: field.examples[0] }),
  };
}

function matchesType(value: unknown, type: string): boolean {
  return type === "integer" ? Number.isInteger(value) : typeof value === type;
}

/** A rule as the console stores it: without the match keys. */
function ruleExample(rules: unknown): { example?: unknown } {
  const first: unknown = Array.isArray(rules) ? rules[0] : undefined;
  if (typeof first !== "object" || first === null) return {};
  return { example: withoutMatchKeys(first) };
}

/** The fields of a rule that are the plugin's own. */
export function withoutMatchKeys(rule: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(rule).filter(([name]) => !name.startsWith("_")));
}
