import { Document, Scalar, stringify } from "yaml";
import type { PluginDescription } from "./schema.js";

const HEAD = `# Generated from config.schema.json by \`npm run generate\`.
# One entry of \`http_filters\` for plain Envoy, before envoy.filters.http.router.
`;
/** How Higress and Istio name the clusters of services. */
const MESH_CLUSTER = '"outbound|';

/**
 * `envoy.yaml`: the HTTP filter that runs the plugin, with the schema's first example that needs
 * nothing of Higress: no Redis, for which plain Envoy has no call, and no cluster of its services.
 */
export function envoyYaml(plugin: PluginDescription): string {
  const { name, info, schema } = plugin;
  const example = schema.examples.find(isForEnvoy) ?? {};
  const configuration = new Scalar(`${JSON.stringify(example, null, 2)}\n`);
  configuration.type = Scalar.BLOCK_LITERAL;
  const document = new Document({
    name: `envoy.filters.http.wasm.${name}`,
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
      config: {
        name,
        root_id: name,
        // After a trap the next request gets a fresh VM; until then requests are refused.
        failure_policy: "FAIL_RELOAD",
        // Lets the plugin hold headers until it has read the body.
        allow_on_headers_stop_iteration: true,
        vm_config: {
          vm_id: name,
          runtime: "envoy.wasm.runtime.v8",
          code: { local: { filename: `/etc/envoy/${name}.wasm` } },
        },
        configuration: {
          "@type": "type.googleapis.com/google.protobuf.StringValue",
          value: configuration,
        },
      },
    },
  });
  const note = info.envoyNote === undefined ? "" : `# ${info.envoyNote}\n`;
  return HEAD + note + stringify([document], { lineWidth: 100, version: "1.1" });
}

function isForEnvoy(example: Record<string, unknown>): boolean {
  return !("redis" in example) && !JSON.stringify(example).includes(MESH_CLUSTER);
}
