import { createHost, upstream, type Host, type PluginOptions } from "proxy-wasm-test";
// After each test of a file that imports this one: did the plugin keep the rules of use?
import "proxy-wasm-test/vitest/setup";

export const FINAL = "x-higress-llm-model-final";

/** A configuration in which each kind of key decides something. */
export const FULL = {
  modelMapping: { exact: "one", "map-*": "mapped-*", "keep-*": "", "*": "other" },
  enableOnPathSuffix: ["/completions"],
};

export function modelMapper(config: object = FULL): PluginOptions {
  return {
    name: "model-mapper",
    wasm: "build/envoy/model-mapper.wasm",
    vmId: "one",
    allowOnHeadersStopIteration: true,
    failurePolicy: "FAIL_RELOAD",
    config: JSON.stringify(config),
  };
}

/** A gateway with model-mapper before an upstream `backend` that answers 200 `ok`. */
export function gateway(config: object = FULL): Promise<Host> {
  return createHost({
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
    lifecycle: "single",
    bufferLimitBytes: 16 << 20,
    trace: false,
    plugins: [modelMapper(config)],
  });
}
