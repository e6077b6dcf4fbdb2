import { readFileSync } from "node:fs";
import { parse } from "yaml";
import { runAsScript } from "./check-report.js";
import { filesIn } from "./files.js";
import { describedPlugins } from "./generate.js";
import { compileSchema, readPlugin, type Validate } from "./generate/schema.js";

/** A plugin's configuration found in a document. */
export interface Example {
  plugin: string;
  configuration: unknown;
}

type Node = Record<string, unknown>;

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null;
const nodeOf = (value: unknown): Node => (isNode(value) ? value : {});
const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/**
 * The configurations in one YAML text: a resource of Higress, Istio or Envoy Gateway, an Envoy
 * filter, or the bare configuration of `owner`.
 */
export function examplesIn(yaml: string, owner: string | null): Example[] {
  const document: unknown = parse(yaml.replace(/<64 [^>]*>/g, "a".repeat(64)));
  const root = nodeOf(document);
  const spec = nodeOf(root["spec"]);
  const name = String(nodeOf(root["metadata"])["name"]);
  if (Array.isArray(document)) return document.flatMap(fromEnvoyFilter);
  switch (root["apiVersion"]) {
    case "extensions.higress.io/v1alpha1":
      return [{ plugin: name, configuration: fromMatchRules(spec) }];
    case "extensions.istio.io/v1alpha1":
      return [{ plugin: name, configuration: spec["pluginConfig"] }];
    case "gateway.envoyproxy.io/v1alpha1":
      return listOf(spec["wasm"]).map((entry) => ({
        plugin: String(nodeOf(entry)["name"]),
        configuration: nodeOf(entry)["config"],
      }));
    default:
      return owner === null || !isNode(document)
        ? []
        : [{ plugin: owner, configuration: document }];
  }
}

/** What the Higress controller hands to the plugin. */
function fromMatchRules(spec: Node): Node {
  const rules = listOf(spec["matchRules"]).map((entry) => {
    const rule = nodeOf(entry);
    return {
      ...(rule["ingress"] !== undefined && { _match_route_: rule["ingress"] }),
      ...(rule["domain"] !== undefined && { _match_domain_: rule["domain"] }),
      ...(rule["service"] !== undefined && { _match_service_: rule["service"] }),
      ...nodeOf(rule["config"]),
    };
  });
  return { ...nodeOf(spec["defaultConfig"]), ...(rules.length > 0 && { _rules_: rules }) };
}

function fromEnvoyFilter(filter: unknown): Example[] {
  const config = nodeOf(nodeOf(nodeOf(filter)["typed_config"])["config"]);
  const text = nodeOf(config["configuration"])["value"];
  if (typeof text !== "string") return [];
  return [{ plugin: String(config["name"]), configuration: JSON.parse(text) as unknown }];
}

/** The YAML blocks of a Markdown text. */
function yamlBlocks(markdown: string): string[] {
  return [...markdown.matchAll(/^```yaml\b[^\n]*\n([\s\S]*?)^```/gm)].map(
    (match) => match[1] ?? "",
  );
}

/** Every configuration that a document of ours shows must be one that works. */
export function checkExamples(): string[] {
  const schemas = new Map<string, Validate>(
    describedPlugins().map((name) => [name, compileSchema(readPlugin(name).schema)]),
  );
  const files = filesIn(".").filter((file) =>
    /^(README\w*\.md|plugins\/.*\.(md|yaml))$/.test(file),
  );
  return files
    .filter((file) => !file.endsWith("/spec.yaml"))
    .flatMap((file) => {
      const owner = /^plugins\/([^/]+)\//.exec(file)?.[1] ?? null;
      const text = readFileSync(file, "utf8");
      const blocks = file.endsWith(".md") ? yamlBlocks(text) : [text];
      return blocks.flatMap((block) => exampleProblems(file, block, owner, schemas));
    });
}

function exampleProblems(
  file: string,
  block: string,
  owner: string | null,
  schemas: ReadonlyMap<string, Validate>,
): string[] {
  const opening = block.trimStart().split("\n", 1)[0] ?? "";
  try {
    return examplesIn(block, owner).flatMap(({ plugin, configuration }) => {
      const fault = schemas.get(plugin)?.(configuration) ?? null;
      return fault === null ? [] : [`${file}: the example "${opening} …" is refused: ${fault}`];
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return [`${file}: the example "${opening} …" cannot be read: ${reason}`];
  }
}

runAsScript(import.meta.url, "examples", checkExamples);
