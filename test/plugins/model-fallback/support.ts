import {
  createHost,
  upstream,
  type Host,
  type HostOptions,
  type PluginOptions,
} from "proxy-wasm-test";
// After each test of a file that imports this one: did the plugin keep the rules of use?
import "proxy-wasm-test/vitest/setup";
import { loadAlone, type Loaded } from "../loaded.js";

/** One target behind the cluster `backend`. */
export const CONFIG = {
  targets: [
    {
      name: "a",
      model: "model-a",
      cluster: "backend",
      auth: { apiTokens: ["key-a"] },
      body: { cap: { max_tokens: 10 }, remove: ["messages.#.reasoning_content"] },
    },
  ],
};
export const TARGET = "http://a.test/v1/chat/completions";
export const JSON_TYPE = { "content-type": "application/json" };
export const SSE_TYPE = { "content-type": "text/event-stream" };

/** Both parts of `native`, one behind the other. */
export function bothParts(config: object = CONFIG): PluginOptions[] {
  return (["listener", "upstream"] as const).map((role) => ({
    name: "model-fallback",
    wasm: "build/envoy/model-fallback.wasm",
    vmId: "one",
    rootId: role,
    allowOnHeadersStopIteration: true,
    failurePolicy: "FAIL_RELOAD",
    config: JSON.stringify({ ...config, role }),
  }));
}

/** A gateway with both parts before an upstream `backend`. */
export function gateway(
  config: object = CONFIG,
  options: Partial<HostOptions> = {},
): Promise<Host> {
  return createHost({
    clusters: { backend: upstream().reply(200, { headers: JSON_TYPE, body: '{"choices":[]}' }) },
    lifecycle: "single",
    ...options,
    plugins: options.plugins ?? bothParts(config),
  });
}

/** Starts an Envoy with nothing but the plugin. */
export function load(config: object | string): Promise<Loaded> {
  return loadAlone("model-fallback", config);
}
