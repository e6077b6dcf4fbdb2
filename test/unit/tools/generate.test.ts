import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { envoyYaml } from "../../../build/tools/generate/envoy.js";
import { fillReadme } from "../../../build/tools/generate/readme.js";
import type { PluginDescription } from "../../../build/tools/generate/schema.js";
import { specYaml } from "../../../build/tools/generate/spec.js";
import { wasmPluginYaml } from "../../../build/tools/generate/wasm-plugin.js";

const PLUGIN: PluginDescription = {
  name: "header-guard",
  version: "1.2.3",
  description: "Guards headers",
  info: {
    phase: "AUTHN",
    priority: 7,
    category: "security",
    title: "Header Guard",
    titleZh: "请求头守卫",
    descriptionZh: "守卫请求头",
  },
  schema: {
    title: "header-guard",
    description: "",
    examples: [
      {
        limit: 3,
        until: "2027-01-01T00:00:00Z",
        _rules_: [{ _match_route_: ["a"], _match_domain_: ["b.com"], limit: 4 }],
      },
    ],
    $defs: {
      global: {
        properties: {
          limit: {
            title: "Limit",
            "x-title-zh": "上限",
            description: "At most this many | or none.",
            "x-description-zh": "最多。",
            "x-type": "integer",
            "x-scope": "instance",
            default: 5,
            enum: [null, "", 3, 4, 5, "5"],
          },
          guards: {
            title: "Guards",
            "x-title-zh": "守卫",
            description: "Who guards.",
            "x-description-zh": "谁守卫。",
            "x-type": "object[]",
            "x-scope": "global",
            "x-since": "1.1.0",
            "x-items": "guard",
          },
          redis: {
            title: "Redis",
            "x-title-zh": "Redis",
            description: "Where it is.",
            "x-description-zh": "位置。",
            "x-type": "object",
            "x-scope": "instance",
            "x-items": "place",
          },
          codes: {
            title: "Codes",
            "x-title-zh": "代码",
            description: "Which codes.",
            "x-description-zh": "哪些代码。",
            "x-type": "integer[]",
            "x-scope": "global",
          },
        },
      },
      place: {
        properties: {
          port: {
            title: "Port",
            "x-title-zh": "端口",
            description: "The port.",
            "x-description-zh": "端口。",
            "x-type": "integer",
            "x-scope": "instance",
          },
        },
      },
      guard: {
        properties: {
          name: {
            title: "Name",
            "x-title-zh": "名称",
            description: "The name.",
            "x-description-zh": "名称。",
            "x-type": "string",
            "x-scope": "global",
          },
        },
      },
      rule: {},
    },
  },
};

describe("the table of a README", () => {
  const text = "before\n<!-- config -->\nold\n<!-- /config -->\nafter\n";

  it("replaces what stands between the markers, and only that", () => {
    const filled = fillReadme(text, PLUGIN.schema, "en");
    expect(filled).toMatch(/^before\n<!-- config -->\n/);
    expect(filled).toMatch(/<!-- \/config -->\nafter\n$/);
    expect(filled).not.toContain("old");
    expect(fillReadme(filled, PLUGIN.schema, "en")).toBe(filled);
  });

  it("has a row for every field, elements below their list, members below their object", () => {
    const rows = fillReadme(text, PLUGIN.schema, "en").match(/^\| `.*$/gm);
    expect(rows).toEqual([
      "| `limit` | integer | `5` | Higress | At most this many \\| or none. (one of `3`, `4`, `5`) |",
      "| `guards` | list of object | – | 1.1.0 | Who guards. |",
      "| `guards[].name` | string | – | Higress | The name. |",
      "| `redis` | object | – | Higress | Where it is. |",
      "| `redis.port` | integer | – | Higress | The port. |",
      "| `codes` | list of integer | – | Higress | Which codes. |",
    ]);
  });

  it("speaks Chinese", () => {
    expect(fillReadme(text, PLUGIN.schema, "zh")).toContain(
      "| `guards` | 对象列表 | – | 1.1.0 | 谁守卫。 |",
    );
  });

  it("needs its markers", () => {
    expect(() => fillReadme("# no markers", PLUGIN.schema, "en")).toThrow("<!-- config -->");
  });
});

describe("the manifests", () => {
  it("give the Higress console phase, priority, both languages and both schemas", () => {
    const spec = parse(specYaml(PLUGIN));
    expect(spec.info).toMatchObject({
      name: "header-guard",
      version: "1.2.3",
      title: "Header Guard",
      "x-title-i18n": { "zh-CN": "请求头守卫" },
    });
    expect(spec.spec).toMatchObject({ phase: "AUTHN", priority: 7 });
    const schema = spec.spec.configSchema.openAPIV3Schema;
    expect(schema.properties.limit).toEqual({
      type: "integer",
      scope: "INSTANCE",
      title: "Limit",
      "x-title-i18n": { "zh-CN": "上限" },
      description: "At most this many | or none.",
      "x-description-i18n": { "zh-CN": "最多。" },
      enum: [3, 4, 5],
      default: 5,
    });
    expect(schema.properties.guards.items.properties.name.type).toBe("string");
    expect(schema.properties.redis).toMatchObject({
      type: "object",
      properties: { port: { type: "integer" } },
    });
    expect(schema.example).toEqual({ limit: 3, until: "2027-01-01T00:00:00Z" });
    const rule = spec.spec.routeConfigSchema.openAPIV3Schema;
    expect(rule.example).toEqual({ limit: 4 });
    // A field that may stand in both is written down once, in the global part.
    expect(Object.keys(rule.properties)).toEqual(["limit", "redis"]);
  });

  it("turn the rules of the example into matchRules of a WasmPlugin", () => {
    const { apiVersion, spec } = parse(wasmPluginYaml(PLUGIN), { version: "1.1" });
    expect(apiVersion).toBe("extensions.higress.io/v1alpha1");
    expect(spec).toMatchObject({
      phase: "AUTHN",
      priority: 7,
      defaultConfig: { limit: 3, until: "2027-01-01T00:00:00Z" },
      matchRules: [{ ingress: ["a"], domain: ["b.com"], config: { limit: 4 } }],
    });
  });

  it("hand the whole example to plain Envoy as text", () => {
    const [filter] = parse(envoyYaml(PLUGIN));
    const { configuration, failure_policy } = filter.typed_config.config;
    expect(failure_policy).toBe("FAIL_RELOAD");
    expect(JSON.parse(configuration.value)).toEqual(PLUGIN.schema.examples[0]);
  });

  it("give plain Envoy an example without Redis, which it cannot call", () => {
    const examples = [{ redis: { port: 1 } }, { limit: 3 }];
    const plugin = { ...PLUGIN, schema: { ...PLUGIN.schema, examples } };
    const [filter] = parse(envoyYaml(plugin));
    expect(JSON.parse(filter.typed_config.config.configuration.value)).toEqual({ limit: 3 });
    expect(parse(wasmPluginYaml(plugin)).spec.defaultConfig).toEqual({ redis: { port: 1 } });
  });

  it("nor one with clusters of Higress's services, and say what the file lacks", () => {
    const examples = [{ targets: [{ cluster: "outbound|443||a.dns" }] }, { limit: 3 }];
    const info = { ...PLUGIN.info, envoyNote: "Half of it." };
    const text = envoyYaml({ ...PLUGIN, info, schema: { ...PLUGIN.schema, examples } });
    const [filter] = parse(text);
    expect(JSON.parse(filter.typed_config.config.configuration.value)).toEqual({ limit: 3 });
    expect(text).toContain("\n# Half of it.\n");
    expect(envoyYaml(PLUGIN)).not.toContain("undefined");
  });
});
