import {
  createHost,
  redis,
  upstream,
  type ClientResponse,
  type Host,
  type HostOptions,
  type PluginOptions,
  type Redis,
  type Upstream,
} from "proxy-wasm-test";
// After each test of a file that imports this one: did the plugin keep the rules of use?
import "proxy-wasm-test/vitest/setup";
import { loaded, type Loaded } from "../loaded.js";

export const CHAT = "/v1/chat/completions";
export const QUOTA = `${CHAT}/quota`;
export const REDIS_CLUSTER = "outbound|6379||redis.dns";

/** As a user of Higress's ai-quota has it: nothing but fields of the peer. */
export const PEER = { admin_consumer: "admin", redis: { service_name: "redis.dns" } };

/** Balances in the gateway itself. */
export const SHARED = { admin_consumer: "admin", store: { type: "shared" } };

/** What an LLM answers, with so many tokens used. */
export function answer(input: number, output: number): string {
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  return JSON.stringify({ model: "m", choices: [], usage });
}

export const JSON_TYPE = { "content-type": "application/json" };

/** token-quota as an element of a chain. */
export function tokenQuota(
  config: object | string,
  options: Partial<PluginOptions> = {},
): PluginOptions {
  return {
    name: "token-quota",
    wasm: "build/envoy/token-quota.wasm",
    vmId: "one",
    allowOnHeadersStopIteration: true,
    failurePolicy: "FAIL_RELOAD",
    config: typeof config === "string" ? config : JSON.stringify(config),
    ...options,
  };
}

/** An Envoy with token-quota before an upstream `backend` whose answers cost 10 + 5 tokens. */
export function gateway(
  config: object | string,
  options: Partial<HostOptions> = {},
): Promise<Host> {
  return createHost({
    clusters: { backend: upstream().reply(200, { body: answer(10, 5), headers: JSON_TYPE }) },
    lifecycle: "single",
    ...options,
    plugins: options.plugins ?? [tokenQuota(config)],
  });
}

/** A Higress gateway with a Redis in memory. */
export async function higress(
  config: object | string,
  options: Partial<HostOptions> = {},
): Promise<{ host: Host; redis: Redis }> {
  const server = redis();
  const wasm = "build/higress/token-quota.wasm";
  const host = await gateway(config, {
    profile: "higress-2.2",
    ...options,
    clusters: {
      backend: upstream().reply(200, { body: answer(10, 5), headers: JSON_TYPE }),
      [REDIS_CLUSTER]: server,
      ...options.clusters,
    },
    plugins: options.plugins ?? [tokenQuota(config, { wasm })],
  });
  return { host, redis: server };
}

/** A chat request of a consumer. */
export function chat(
  host: Host,
  consumer: string,
  headers: Record<string, string> = {},
): Promise<ClientResponse> {
  const body = '{"model":"m"}';
  const all = { "x-mse-consumer": consumer, ...headers };
  return host.fetch(CHAT, { method: "POST", headers: all, body }).settle(60_000);
}

/** An admin call by `admin`; with a body it is a POST. */
export function admin(
  host: Host,
  path: string,
  body?: string,
  init: { method?: string; headers?: Record<string, string> } = {},
): Promise<ClientResponse> {
  const headers = { "x-mse-consumer": "admin", ...init.headers };
  const method = init.method ?? (body === undefined ? "GET" : "POST");
  return host
    .fetch(`${QUOTA}${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
    .settle(60_000);
}

/** The balance as the admin API tells it. */
export async function balance(host: Host, consumer: string, more = ""): Promise<number> {
  const reply = await admin(host, `?consumer=${encodeURIComponent(consumer)}${more}`);
  return (reply.json() as { quota: number }).quota;
}

/** Gives a consumer a balance. */
export async function refill(host: Host, consumer: string, quota: number): Promise<void> {
  await admin(host, "/refresh", `consumer=${encodeURIComponent(consumer)}&quota=${quota}`);
}

/** The text of a key in the Redis in memory; null when it is missing. */
export function stored(redis: Redis, key: string): string | null {
  const value = redis.command("get", key);
  return value instanceof Uint8Array ? Buffer.from(value).toString() : null;
}

/** How many requests reached the upstream. */
export function countSeen(host: Host): number {
  return seen(host).length;
}

/** The requests as the upstream received them. */
export function seen(host: Host): Upstream["requests"] {
  return (host.clusters["backend"] as Upstream).requests;
}

/** Starts the Higress build with a configuration and stops it. */
export function load(config: object | string, options: Partial<HostOptions> = {}): Promise<Loaded> {
  return loaded(higress(config, options).then(({ host }) => host));
}
