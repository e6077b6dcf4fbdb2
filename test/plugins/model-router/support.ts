import { createHost, upstream, type Host, type PluginOptions } from "proxy-wasm-test";
// After each test of a file that imports this one: did the plugin keep the rules of use?
import "proxy-wasm-test/vitest/setup";

/** A configuration whose parts all do something. */
export const FULL = {
  modelToHeader: "x-model",
  addProviderHeader: "x-provider",
  enableOnPathSuffix: ["*"],
  modelMapping: { "map-*": "mapped-*" },
  autoRouting: { enable: true, defaultModel: "auto", rules: [{ pattern: "a+b", model: "ab" }] },
  split: {
    responseHeader: "x-variant",
    rules: [
      {
        name: "r",
        match: { models: ["chat"] },
        sticky: { by: ["body:user", "header:x-user", "cookie:sid"], salt: "r1-canary" },
        variants: [
          { name: "openai", weight: 90, model: "openai/gpt-4o" },
          { name: "deepseek", weight: 10, model: "deepseek/r1" },
        ],
      },
    ],
  },
};

export function modelRouter(config: object = FULL): PluginOptions {
  return {
    name: "model-router",
    wasm: "build/envoy/model-router.wasm",
    vmId: "one",
    allowOnHeadersStopIteration: true,
    failurePolicy: "FAIL_RELOAD",
    config: JSON.stringify(config),
  };
}

/** A gateway with model-router before an upstream `backend` that answers 200 `ok`. */
export function gateway(config: object = FULL): Promise<Host> {
  return createHost({
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
    lifecycle: "single",
    bufferLimitBytes: 16 << 20,
    trace: false,
    plugins: [modelRouter(config)],
  });
}
