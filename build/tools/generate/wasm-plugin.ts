import { stringify } from "yaml";
import type { PluginDescription } from "./schema.js";
import { withoutMatchKeys } from "./spec.js";

type Rule = Record<string, unknown>;

const HEAD = `# Generated from config.schema.json by \`npm run generate\`.
# Push build/higress/NAME.wasm to a registry (or serve it over HTTP) and put its address in \`url\`.
`;

/** `plugin.yaml`: the WasmPlugin resource of Higress, with the schema's first example. */
export function wasmPluginYaml(plugin: PluginDescription): string {
  const { name, version, info, schema } = plugin;
  const { _rules_: rules, ...defaultConfig } = schema.examples[0] ?? {};
  const document = {
    apiVersion: "extensions.higress.io/v1alpha1",
    kind: "WasmPlugin",
    metadata: { name, namespace: "higress-system" },
    spec: {
      url: `oci://registry.example.com/ai-gateway-wasm/${name}:${version}`,
      phase: info.phase,
      priority: info.priority,
      failStrategy: "FAIL_CLOSE",
      defaultConfig,
      ...(Array.isArray(rules) && { matchRules: (rules as Rule[]).map(matchRule) }),
    },
  };
  return HEAD.replace("NAME", name) + stringify(document, { lineWidth: 100, version: "1.1" });
}

/** What the controller turns back into an element of `_rules_`. */
function matchRule(rule: Rule): Record<string, unknown> {
  return {
    ...("_match_route_" in rule && { ingress: rule["_match_route_"] }),
    ...("_match_domain_" in rule && { domain: rule["_match_domain_"] }),
    ...("_match_service_" in rule && { service: rule["_match_service_"] }),
    config: withoutMatchKeys(rule),
  };
}
