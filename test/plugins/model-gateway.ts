import { createHost, upstream, type Host, type PluginOptions } from "proxy-wasm-test";
// After each test of a file that imports this one: did the plugin keep the rules of use?
import "proxy-wasm-test/vitest/setup";

/** A plugin that reads a body's model, as a gateway loads it. */
export function modelPlugin(name: string, config: object): PluginOptions {
  return {
    name,
    wasm: `build/envoy/${name}.wasm`,
    vmId: "one",
    allowOnHeadersStopIteration: true,
    failurePolicy: "FAIL_RELOAD",
    config: JSON.stringify(config),
  };
}

/** A gateway with that plugin before an upstream `backend` that answers 200 `ok`. */
export function modelGateway(plugin: PluginOptions): Promise<Host> {
  return createHost({
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
    lifecycle: "single",
    bufferLimitBytes: 16 << 20,
    trace: false,
    // Some bodies are megabytes, and a busy machine takes its time.
    callTimeoutMs: 60_000,
    plugins: [plugin],
  });
}
