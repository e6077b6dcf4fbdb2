import {
  createHost,
  LoadError,
  upstream,
  type Host,
  type HostOptions,
  type LogLine,
  type PluginOptions,
} from "proxy-wasm-test";

export const WASM = "build/envoy/key-auth.wasm";

/** Environment of the VM in all tests. */
export const ENV = { OPENAI_KEY: "sk-from-env", KEY_AUTH_PEPPER: "pepper", EMPTY: "" };

/** key-auth as an element of a chain. */
export function keyAuth(
  config: object | string,
  options: Partial<PluginOptions> = {},
): PluginOptions {
  return {
    name: "key-auth",
    wasm: WASM,
    vmId: "one",
    env: ENV,
    allowOnHeadersStopIteration: true,
    failurePolicy: "FAIL_RELOAD",
    config: typeof config === "string" ? config : JSON.stringify(config),
    ...options,
  };
}

/** A gateway with key-auth before an upstream `backend` that answers 200 `ok`. */
export function gateway(
  config: object | string,
  options: Partial<HostOptions> = {},
): Promise<Host> {
  return createHost({
    clusters: { backend: upstream().reply(200, { body: "ok" }) },
    lifecycle: "single",
    ...options,
    plugins: options.plugins ?? [keyAuth(config)],
  });
}

/** How a configuration was taken. */
export interface Loaded {
  accepted: boolean;
  /** Log lines as `level text`. */
  lines: string[];
}

/** Starts key-auth with a configuration and stops it. */
export async function load(
  config: object | string,
  options: Partial<HostOptions> = {},
): Promise<Loaded> {
  try {
    const host = await gateway(config, options);
    await host.close();
    return { accepted: true, lines: linesOf(host.logs) };
  } catch (error) {
    if (!(error instanceof LoadError)) throw error;
    return { accepted: false, lines: linesOf(error.logs) };
  }
}

function linesOf(logs: readonly LogLine[]): string[] {
  return logs.map(({ level, text }) => `${level} ${text}`);
}
