import {
  createHost,
  upstream,
  type Host,
  type HostOptions,
  type PluginOptions,
  type Upstream,
} from "proxy-wasm-test";
// After each test of a file that imports this one: did the plugin keep the rules of use?
import "proxy-wasm-test/vitest/setup";
import { loaded, type Loaded } from "../loaded.js";

export const WASM = "build/envoy/key-auth.wasm";

/** Two consumers with keys in a header. */
export const GO = {
  keys: ["x-api-key"],
  in_header: true,
  consumers: [
    { name: "c1", credential: "k1" },
    { name: "c2", credential: "k2" },
  ],
};

/** One consumer that may use one model only. */
export const RESTRICTED = {
  ...GO,
  consumers: [{ name: "picky", credential: "k1", allow_models: ["good"] }],
};

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

/** Starts key-auth with a configuration and stops it. */
export function load(config: object | string, options: Partial<HostOptions> = {}): Promise<Loaded> {
  return loaded(gateway(config, options));
}

/** The last request as the upstream received it. */
export function seen(host: Host): Upstream["last"] {
  return backend(host).last;
}

/** How many requests reached the upstream. */
export function countSeen(host: Host): number {
  return backend(host).requests.length;
}

function backend(host: Host): Upstream {
  return host.clusters["backend"] as Upstream;
}
