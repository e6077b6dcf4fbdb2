import {
  composite,
  createHost,
  upstream,
  type ClientResponse,
  type Host,
  type Json,
  type NativeFilter,
  type Upstream,
} from "proxy-wasm-test";
import "proxy-wasm-test/vitest/setup";
import { BODY, CHAT } from "./replay-chain.js";

// Strategy `native` under the harness's router: both parts, and a composite cluster of models.

const CLUSTER_HEADER = "x-llm-cluster";

export interface NativeChain {
  host: Host;
  models: Record<string, Upstream>;
  ask(init?: {
    body?: object;
    headers?: Record<string, string>;
    path?: string;
  }): Promise<ClientResponse>;
  /** How often each model was asked, in order. */
  asked(): number[];
}

export interface NativeOptions {
  /** Of both parts, without `role`. `targets` are the models' names unless it has some. */
  config?: Record<string, Json>;
  /** What the upstream part has in place of that. */
  upstreamConfig?: Record<string, Json>;
  /** In order; `a`, `b`, `c` by default. */
  models?: Record<string, Upstream>;
  /** Composite clusters that begin with a later target, and a route that reads the cluster's header. */
  steers?: boolean;
  env?: Record<string, string>;
  bufferLimitBytes?: number;
  /** A filter between the listener's part and the router. */
  behind?: NativeFilter;
  /** The endpoints' metadata; by default they name their targets. */
  metadata?: (name: string) => Record<string, Json>;
}

/** A gateway with both parts of `native` before some models. */
export async function nativeChain(options: NativeOptions = {}): Promise<NativeChain> {
  const { config = {}, steers = false, env } = options;
  const models = options.models ?? { a: well("a"), b: well("b"), c: well("c") };
  const names = Object.keys(models);
  const tails = names.map((_, i) => names.slice(i));
  const chain: Json = {
    name: "0",
    targets: names,
    breakerClusters: tails.map((_, i) => `from-${i}`),
  };
  const plugin = (role: string) => ({
    wasm: "build/envoy/model-fallback.wasm",
    vmId: "one",
    rootId: role,
    allowOnHeadersStopIteration: true,
    ...(env && { env }),
    config: JSON.stringify({
      targets: names.map((name) => ({ name, model: `model-${name}` })),
      ...(steers && { clusterHeader: CLUSTER_HEADER, chains: [chain] }),
      ...config,
      ...(role === "upstream" && options.upstreamConfig),
      role,
    }),
  });
  const metadata = options.metadata ?? ((name) => ({ model_fallback: { target: name } }));
  const outer = tails.map((tail, i) => [
    `from-${i}`,
    composite(...tail)
      .maxRetries(1000)
      .filters(plugin("upstream")),
  ]);
  const { bufferLimitBytes } = options;
  const host = await createHost({
    ...(bufferLimitBytes && { bufferLimitBytes }),
    plugins: [plugin("listener"), ...(options.behind ? [options.behind] : [])],
    routes: [steers ? { clusterHeader: CLUSTER_HEADER } : { cluster: "from-0", timeoutMs: 0 }],
    clusters: {
      ...Object.fromEntries(outer),
      ...Object.fromEntries(names.map((name) => [name, models[name]!.metadata(metadata(name))])),
    },
  });
  return {
    host,
    models,
    ask: ({ body = BODY, headers = {}, path } = {}) =>
      host
        .fetch(path === undefined ? CHAT : `http://a.test${path}`, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            authorization: "Bearer client",
            ...headers,
          },
          body: JSON.stringify(body),
        })
        .settle(),
    asked: () => names.map((name) => models[name]!.requests.length),
  };
}

/** A model that answers. */
export function well(name: string): Upstream {
  return upstream().reply(200, {
    json: { model: name, choices: [{ message: { content: "hi" } }] },
  });
}

/** A model that answers with an error. */
export function busy(status = 503, code = "busy"): Upstream {
  return upstream().reply(status, { json: { error: { code } } });
}
