import { readFileSync } from "node:fs";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";

/** A field of a configuration, as `config.schema.json` describes it (see CONTRIBUTING.md). */
export interface Field {
  title: string;
  description: string;
  "x-title-zh": string;
  "x-description-zh": string;
  /** The type to document; what is accepted may be wider. `object` and `object[]` need `x-items`. */
  "x-type": FieldType;
  /** Where it may stand: top level only, top level and rules, or rules only. */
  "x-scope": "global" | "instance" | "rule";
  /** Our version that added it; absent for fields of the Higress plugin. */
  "x-since"?: string;
  /** Name in `$defs` of the schema of the object, or of the elements. */
  "x-items"?: string;
  default?: unknown;
  examples?: unknown[];
  enum?: unknown[];
}

export type FieldType =
  "boolean" | "integer" | "number" | "string" | "object" | "string[]" | "integer[]" | "object[]";
export type Fields = Record<string, Field>;

/** `config.schema.json` of a plugin: ordinary JSON Schema 2020-12, plus what `Field` says. */
export interface ConfigSchema {
  title: string;
  description: string;
  /** Whole documents; the first becomes the example of the manifests. */
  examples: Record<string, unknown>[];
  $defs: Record<string, { properties?: Fields }>;
}

/** What `package.json` of a plugin says for the manifests, under the key `wasmPlugin`. */
export interface PluginInfo {
  phase: "AUTHN" | "AUTHZ" | "STATS" | "UNSPECIFIED_PHASE";
  priority: number;
  category: string;
  title: string;
  titleZh: string;
  descriptionZh: string;
  /** A further line for the head of `envoy.yaml`. */
  envoyNote?: string;
}

/** All that is known of a plugin without looking at its code. */
export interface PluginDescription {
  name: string;
  version: string;
  description: string;
  info: PluginInfo;
  schema: ConfigSchema;
}

/** Reads and checks the description of one plugin. @throws Error that names the file and fault */
export function readPlugin(name: string, folder = `plugins/${name}`): PluginDescription {
  const manifest = JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as {
    version: string;
    description: string;
    wasmPlugin?: PluginInfo;
  };
  if (!manifest.wasmPlugin) throw new Error(`${folder}/package.json has no "wasmPlugin"`);
  const schema = JSON.parse(readFileSync(`${folder}/config.schema.json`, "utf8")) as ConfigSchema;
  const faults = schemaFaults(schema);
  if (faults.length > 0) throw new Error(`${folder}/config.schema.json: ${faults.join("; ")}`);
  return {
    name,
    version: manifest.version,
    description: manifest.description,
    info: manifest.wasmPlugin,
    schema,
  };
}

/** A function that answers what is wrong with a document; null when nothing is. */
export type Validate = (document: unknown) => string | null;

/** Compiles a configuration schema; `x-` keywords are ours and mean nothing to a validator. */
export function compileSchema(schema: ConfigSchema): Validate {
  const ajv = new Ajv2020({ strict: false, allErrors: false });
  const validate = ajv.compile(schema);
  return (document) => (validate(document) ? null : describeErrors(validate.errors ?? []));
}

function describeErrors(errors: ErrorObject[]): string {
  return errors.map((error) => `${error.instancePath || "/"} ${error.message}`).join("; ");
}

/** The fields of the top level, of the rules, or of the elements of a list. */
export function fieldsOf(schema: ConfigSchema, definition: string): Fields {
  return schema.$defs[definition]?.properties ?? {};
}

function schemaFaults(schema: ConfigSchema): string[] {
  const faults: string[] = [];
  const validate = compileSchema(schema);
  for (const [index, example] of schema.examples.entries()) {
    const fault = validate(example);
    if (fault !== null) faults.push(`examples[${index}] is refused by the schema itself: ${fault}`);
  }
  const texts = ["title", "description", "x-title-zh", "x-description-zh", "x-type", "x-scope"];
  for (const definition of documentedDefinitions(schema)) {
    for (const [name, field] of Object.entries(fieldsOf(schema, definition))) {
      const missing = texts.filter((key) => !(key in field));
      if (missing.length > 0) faults.push(`${definition}.${name} lacks ${missing.join(", ")}`);
    }
  }
  return faults;
}

/** `global`, `rule` and what their fields list, in that order. */
function documentedDefinitions(schema: ConfigSchema): string[] {
  const found = new Set(["global", "rule"]);
  for (const definition of found) {
    for (const field of Object.values(fieldsOf(schema, definition))) {
      if (field["x-items"]) found.add(field["x-items"]);
    }
  }
  return [...found];
}
