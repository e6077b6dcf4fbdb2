import { readFileSync } from "node:fs";
import { afterEach, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
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

/** Starts the bootstrap, lets the first target fail, and answers who served. */
async function play(bootstrap: Node): Promise<Response> {
  await localise(bootstrap);
  envoy = await Envoy.start({ bootstrap });
  const page = JSON.parse(await envoy.get("/listeners?format=json")) as {
    listener_statuses: { local_address: { socket_address: { port_value: number } } }[];
  };
  const port = page.listener_statuses[0]!.local_address.socket_address.port_value;
  models["deepseek-r1"]!.reset(() => ({ ...good("deepseek-r1"), ...failing(503) }));
  return await fetch(`http://127.0.0.1:${port}/v1/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "deepseek-r1", messages: [] }),
  });
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

test("envoy.yaml", { timeout: LIMIT }, async () => {
  const document = read("envoy.yaml");
  delete document["admin"];
  const [listener] = (document["static_resources"] as { listeners: Node[] }).listeners;
  listener!["address"] = loopback(0);
  const answer = await play(document);
  expect([answer.status, answer.headers.get("x-llm-target")]).toEqual([200, "r1-distill"]);
  expect(models["r1-distill"]!.visits[0]!.seen.body.toString()).toContain(
    '"model":"DeepSeek-R1-Distill-Qwen-32B"',
  );
});

test("istio.yaml", { timeout: LIMIT }, async () => {
  const { configPatches } = read("istio.yaml")["spec"] as {
    configPatches: { applyTo: string; patch: { value: Node } }[];
  };
  const [filter, route, cluster] = ["HTTP_FILTER", "HTTP_ROUTE", "CLUSTER"].map(
    (kind) => configPatches.find(({ applyTo }) => applyTo === kind)!.patch.value,
  );
  const answer = await play(assemble(filter, route!["route"] as Node, cluster));
  expect([answer.status, answer.headers.get("x-llm-target")]).toEqual([200, "qwen-max"]);
});

test("envoy-gateway.yaml", { timeout: LIMIT }, async () => {
  const { jsonPatches } = read("envoy-gateway.yaml")["spec"] as {
    jsonPatches: { type: string; operation: { value: Node } }[];
  };
  const [filter, route, cluster] = ["Listener", "RouteConfiguration", "Cluster"].map(
    (kind) => jsonPatches.find(({ type }) => type.endsWith(`.${kind}`))!.operation.value,
  );
  const answer = await play(assemble(filter, route!, cluster));
  expect([answer.status, answer.headers.get("x-llm-target")]).toEqual([200, "qwen-max"]);
  const seen = models["qwen-max"]!.visits[0]!.seen;
  expect([seen.path, seen.authority]).toEqual([
    "/compatible-mode/v1/chat/completions",
    "dashscope.aliyuncs.com",
  ]);
});

test("every configuration in them is one that the schema accepts", () => {
  const verdict = compileSchema(readPlugin("model-fallback").schema);
  for (const file of ["envoy.yaml", "istio.yaml", "envoy-gateway.yaml"]) {
    const texts = [...nodes(read(file))].flatMap(({ value }) =>
      typeof value === "string" ? [value] : [],
    );
    const [listener, upstream] = texts.map((text) => JSON.parse(text) as Node);
    for (const text of texts) expect(verdict(JSON.parse(text))).toBeNull();
    // The two places differ in their role and in nothing else.
    expect({ ...listener, role: "upstream" }).toEqual(upstream);
    expect(listener?.["role"]).toBe("listener");
  }
});
