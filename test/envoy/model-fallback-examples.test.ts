import { readFileSync } from "node:fs";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { EnvoyPatchPolicy } from "@kubernetes-models/envoy-gateway/gateway.envoyproxy.io/v1alpha1";
import { VirtualService } from "@kubernetes-models/istio/networking.istio.io/v1";
import { EnvoyFilter } from "@kubernetes-models/istio/networking.istio.io/v1alpha3";
import { parse, parseAllDocuments } from "yaml";
import { buildPlugins } from "../../build/tools/build.js";
import { compileSchema, readPlugin } from "../../build/tools/generate/schema.js";
import { Envoy, loopback } from "./envoy.js";
import { failing, good } from "./fallback-chain.js";
import { ScriptedUpstream } from "./upstream.js";

// The files of examples/model-fallback, in a real Envoy: what a gateway's control plane would put
// together is put together here, and local models stand at the addresses.

const LIMIT = 300_000;
const FOLDER = "examples/model-fallback";
type Node = Record<string, unknown>;

let envoy: Envoy | undefined;
const models: Record<string, ScriptedUpstream> = {};
beforeAll(() => buildPlugins(["model-fallback"], ["envoy"]), LIMIT);
afterEach(async () => {
  await envoy?.stop();
  for (const name of Object.keys(models)) {
    await models[name]!.stop();
    delete models[name];
  }
});

/** Every object in a document. */
function* nodes(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const item of value) yield* nodes(item);
  else if (typeof value === "object" && value !== null) {
    yield value as Node;
    for (const item of Object.values(value)) yield* nodes(item);
  }
}

/** Puts local models and the built module in place of what a reader has. */
async function localise(document: unknown): Promise<void> {
  for (const node of nodes(document)) {
    if (node["filename"]) node["filename"] = "build/envoy/model-fallback.wasm";
    if (node["type"] === "STRICT_DNS") node["type"] = "STATIC";
    delete node["transport_socket"];
    delete node["transport_socket_matches"];
    if (node["explicit_http_config"]) {
      node["common_http_protocol_options"] = { max_requests_per_connection: 1 };
    }
    const metadata = node["metadata"] as { filter_metadata?: Node } | undefined;
    const target = (metadata?.filter_metadata?.["model_fallback"] as Node | undefined)?.["target"];
    if (typeof target !== "string") continue;
    models[target] ??= new ScriptedUpstream(target, () => good(target));
    node["endpoint"] = { address: loopback(await models[target].start()) };
  }
}

/** Starts the bootstrap and lets the first target fail. Answers how to ask. */
async function play(bootstrap: Node): Promise<() => Promise<Response>> {
  await localise(bootstrap);
  envoy = await Envoy.start({ bootstrap });
  const page = JSON.parse(await envoy.get("/listeners?format=json")) as {
    listener_statuses: { local_address: { socket_address: { port_value: number } } }[];
  };
  const port = page.listener_statuses[0]!.local_address.socket_address.port_value;
  models["deepseek-r1"]!.reset(() => ({ ...good("deepseek-r1"), ...failing(503) }));
  return () =>
    fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "deepseek-r1", messages: [] }),
    });
}

/** The first target fails until it is left alone, and the second one serves every request. */
async function isLeftAlone(ask: () => Promise<Response>): Promise<void> {
  for (let i = 0; i < 10; i++) {
    const answer = await ask();
    expect([answer.status, answer.headers.get("x-llm-target")]).toEqual([200, "qwen-max"]);
    await answer.arrayBuffer();
  }
  expect(models["deepseek-r1"]!.visits).toHaveLength(5);
}

/** Where patches say they belong: what Istio and Envoy Gateway make of them. */
function assemble(filter: unknown, route: Node, cluster: unknown): Node {
  const manager = {
    "@type":
      "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    stat_prefix: "http",
    http_filters: [
      filter,
      {
        name: "envoy.filters.http.router",
        typed_config: {
          "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
        },
      },
    ],
    route_config: {
      virtual_hosts: [{ name: "all", domains: ["*"], routes: [{ match: { prefix: "/" }, route }] }],
    },
  };
  return {
    static_resources: {
      listeners: [
        {
          name: "gateway",
          address: loopback(0),
          filter_chains: [
            {
              filters: [
                {
                  name: "envoy.filters.network.http_connection_manager",
                  typed_config: manager,
                },
              ],
            },
          ],
        },
      ],
      clusters: [cluster],
    },
  };
}

const read = (file: string) => parse(readFileSync(`${FOLDER}/${file}`, "utf8")) as Node;
/** Every resource of a file. */
const readAll = (file: string) =>
  parseAllDocuments(readFileSync(`${FOLDER}/${file}`, "utf8")).map((one) => one.toJS() as Node);
const readKind = (file: string, kind: string) => readAll(file).find((one) => one["kind"] === kind)!;

test("envoy.yaml", { timeout: LIMIT }, async () => {
  const document = read("envoy.yaml");
  delete document["admin"];
  const [listener] = (document["static_resources"] as { listeners: Node[] }).listeners;
  listener!["address"] = loopback(0);
  const ask = await play(document);
  const answer = await ask();
  expect([answer.status, answer.headers.get("x-llm-target")]).toEqual([200, "r1-distill"]);
  expect(models["r1-distill"]!.visits[0]!.seen.body.toString()).toContain(
    '"model":"DeepSeek-R1-Distill-Qwen-32B"',
  );
});

test("istio.yaml", { timeout: LIMIT }, async () => {
  const { configPatches } = readKind("istio.yaml", "EnvoyFilter")["spec"] as {
    configPatches: { applyTo: string; patch: { value: Node } }[];
  };
  const [filter, route, cluster] = ["HTTP_FILTER", "HTTP_ROUTE", "CLUSTER"].map(
    (kind) => configPatches.find(({ applyTo }) => applyTo === kind)!.patch.value,
  );
  await isLeftAlone(await play(assemble(filter, route!["route"] as Node, cluster)));
});

test("envoy-gateway.yaml", { timeout: LIMIT }, async () => {
  const { jsonPatches } = read("envoy-gateway.yaml")["spec"] as {
    jsonPatches: { type: string; operation: { value: Node } }[];
  };
  const [filter, route, cluster] = ["Listener", "RouteConfiguration", "Cluster"].map(
    (kind) => jsonPatches.find(({ type }) => type.endsWith(`.${kind}`))!.operation.value,
  );
  await isLeftAlone(await play(assemble(filter, route!, cluster)));
  const seen = models["qwen-max"]!.visits[0]!.seen;
  expect([seen.path, seen.authority]).toEqual([
    "/compatible-mode/v1/chat/completions",
    "dashscope.aliyuncs.com",
  ]);
});

test("every configuration in them is one that the schema accepts", () => {
  const verdict = compileSchema(readPlugin("model-fallback").schema);
  for (const file of ["envoy.yaml", "istio.yaml", "envoy-gateway.yaml"]) {
    const texts = [...nodes(readAll(file))].flatMap(({ value }) =>
      typeof value === "string" ? [value] : [],
    );
    const [listener, upstream] = texts.map((text) => JSON.parse(text) as Node);
    for (const text of texts) expect(verdict(JSON.parse(text))).toBeNull();
    // The two places differ in their role and in nothing else.
    expect({ ...listener, role: "upstream" }).toEqual(upstream);
    expect(listener?.["role"]).toBe("listener");
  }
});

describe("resources are what the schemas of their kinds say", () => {
  const KINDS: [file: string, kind: string, validate: (resource: object) => void][] = [
    ["istio.yaml", "VirtualService", (data) => new VirtualService(data).validate()],
    ["istio.yaml", "EnvoyFilter", (data) => new EnvoyFilter(data).validate()],
    [
      "envoy-gateway.yaml",
      "EnvoyPatchPolicy",
      (data) => new EnvoyPatchPolicy(data as never).validate(),
    ],
  ];

  test.each(KINDS)("%s: %s", (file, kind, validate) => {
    const resource = readKind(file, kind);
    expect(() => validate(resource)).not.toThrow();
    // They do look: a resource with a word that does not exist is refused.
    const wrong = structuredClone(resource);
    for (const node of nodes(wrong)) {
      for (const field of ["applyTo", "op", "attempts"])
        if (field in node) node[field] = "nonsense";
    }
    expect(() => validate(wrong)).toThrow();
  });

  test("every resource is one of them", () => {
    const found = ["istio.yaml", "envoy-gateway.yaml"].flatMap((file) =>
      readAll(file).map(({ kind }) => `${file} ${String(kind)}`),
    );
    expect(found).toEqual(KINDS.map(([file, kind]) => `${file} ${kind}`));
  });

  test("the patched route is the one of the VirtualService, which retries nothing itself", () => {
    const { http } = readKind("istio.yaml", "VirtualService")["spec"] as { http: Node[] };
    expect(http.map(({ name, retries }) => [name, retries])).toEqual([["models", { attempts: 0 }]]);
    const names = [...nodes(readKind("istio.yaml", "EnvoyFilter"))].flatMap(({ vhost }) =>
      vhost === undefined ? [] : [(vhost as { route: Node }).route["name"]],
    );
    expect(names).toEqual(["models"]);
  });
});
