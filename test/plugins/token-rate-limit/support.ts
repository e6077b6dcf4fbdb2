import {
  createHost,
  redis,
  upstream,
  type ClientResponse,
  type FetchInit,
  type Host,
  type HostOptions,
  type NativeFilter,
  type PluginOptions,
  type Redis,
  type RespValue,
  type Upstream,
} from "proxy-wasm-test";
// After each test of a file that imports this one: did the plugin keep the rules of use?
import "proxy-wasm-test/vitest/setup";
import { linesOf, loaded, type Loaded } from "../loaded.js";

export const CHAT = "/v1/chat/completions";
export const REDIS_CLUSTER = "outbound|6379||redis.dns";
export const JSON_TYPE = { "content-type": "application/json" };
export const SSE_TYPE = { "content-type": "text/event-stream" };

/** What every configuration of the peer has. */
export const PEER = { rule_name: "r", redis: { service_name: "redis.dns" } };

/** The shared store, in either build. */
export const SHARED = { rule_name: "r", store: { type: "shared" } };

/** A rule of one header, with one key. */
export function byHeader(key: string, limit: number, more: object = {}): object {
  return {
    limit_by_header: "x-api-key",
    limit_keys: [{ key, token_per_minute: limit, ...more }],
  };
}

/** What an LLM answers, with so many tokens used. */
export function answer(input: number, output: number): string {
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  return JSON.stringify({ model: "m", choices: [], usage });
}

/** The events of a stream, as one text. */
export function sse(...events: (object | string)[]): string {
  const data = events.map((event) => (typeof event === "string" ? event : JSON.stringify(event)));
  return data.map((text) => `data: ${text}\n\n`).join("");
}

/** token-rate-limit as an element of a chain. */
export function plugin(
  config: object | string,
  options: Partial<PluginOptions> = {},
): PluginOptions {
  return {
    name: "token-rate-limit",
    wasm: "build/envoy/token-rate-limit.wasm",
    vmId: "one",
    allowOnHeadersStopIteration: true,
    failurePolicy: "FAIL_RELOAD",
    config: typeof config === "string" ? config : JSON.stringify(config),
    ...options,
  };
}

/** An upstream whose answers cost 10 + 5 tokens. */
export function model(): Upstream {
  return upstream().reply(200, { body: answer(10, 5), headers: JSON_TYPE });
}

/** Options of a gateway under test. */
export interface GatewayOptions extends Partial<HostOptions> {
  /** Filters behind the plugin. */
  after?: readonly NativeFilter[];
}

/** An Envoy with token-rate-limit before an upstream `backend`. */
export function gateway(config: object | string, options: GatewayOptions = {}): Promise<Host> {
  const { after = [], ...rest } = options;
  return createHost({
    lifecycle: "single",
    ...rest,
    clusters: { backend: model(), ...options.clusters },
    plugins: options.plugins ?? [plugin(config), ...after],
  });
}

/** A Higress gateway with a Redis in memory that answers both scripts as a Redis would. */
export async function higress(
  config: object | string,
  options: GatewayOptions = {},
): Promise<{ host: Host; redis: Redis }> {
  const server = redis();
  const wasm = "build/higress/token-rate-limit.wasm";
  const host = await gateway(config, {
    profile: "higress-2.2",
    // The Redis in memory goes by the real clock when a test asks it.
    startTime: Date.now(),
    ...options,
    clusters: { [REDIS_CLUSTER]: server, ...options.clusters },
    plugins: options.plugins ?? [plugin(config, { wasm }), ...(options.after ?? [])],
  });
  return { host, redis: server };
}

/** A chat request. */
export function chat(
  host: Host,
  headers: Record<string, string> = {},
  init: FetchInit & { path?: string } = {},
): Promise<ClientResponse> {
  const { path = CHAT, ...rest } = init;
  const all = { ...JSON_TYPE, ...headers };
  return host
    .fetch(path, { method: "POST", body: '{"model":"m"}', ...rest, headers: all })
    .settle(60_000);
}

/** A command without the text of its script. */
export function spoken(words: readonly string[]): string {
  if (words[0] !== "eval") return words.join(" ");
  return ["eval", scriptName(words[1] ?? ""), ...words.slice(2)].join(" ");
}

function scriptName(script: string): string {
  if (script.startsWith("local r={}")) return script.endsWith("return r[1]") ? "A-flat" : "A";
  if (script.includes("redis.call('incrby',key,added)")) return "B";
  return script.startsWith("local call,once") ? "windows" : "take back";
}

/** What Redis was sent since the beginning, scripts by their names. */
export function sent(redis: Redis): string[] {
  return redis.commands.map(spoken);
}

/** The text of a key in the Redis in memory; null when it is missing. */
export function stored(redis: Redis, key: string): string | null {
  return textOf(redis.command("get", key));
}

function textOf(value: RespValue): string | null {
  if (value instanceof Uint8Array) return Buffer.from(value).toString();
  return typeof value === "string" ? value : null;
}

/** How many requests reached the upstream. */
export function countSeen(host: Host): number {
  return seen(host).length;
}

/** The requests as the upstream received them. */
export function seen(host: Host): Upstream["requests"] {
  return (host.clusters["backend"] as Upstream).requests;
}

/** The log as `level text`, without the prefix of the plugin. */
export function logged(host: Host): string[] {
  return linesOf(host.logs);
}

/** Starts the Higress build with a configuration and stops it. */
export function load(config: object | string, options: Partial<HostOptions> = {}): Promise<Loaded> {
  return loaded(higress(config, options).then(({ host }) => host));
}

/** What the peer stores a global threshold of 60 s under. */
export const GLOBAL = "higress-token-ratelimit:{r}:global_threshold:60";
/** What the peer stores the window of key k1 under. */
export const K1 = "higress-token-ratelimit:{r}:limit_by_header:60:x-api-key:k1";
/** Two windows: one of everybody, one of key k1. */
export const TWO = {
  ...PEER,
  global_threshold: { token_per_minute: 1000 },
  rule_items: [byHeader("k1", 200)],
};

/** Redis' answer to the next command. */
export function answerWith(redis: Redis, resp: string): void {
  redis.fail({ resp });
}

/** RESP text of a value. */
export function resp(value: unknown): string {
  if (Array.isArray(value)) return `*${value.length}\r\n${value.map(resp).join("")}`;
  if (typeof value === "number") return `:${value}\r\n`;
  if (typeof value === "string") return `$${value.length}\r\n${value}\r\n`;
  return "$-1\r\n";
}

/** The metric of refused requests, as Higress names it. */
export const REJECTED = "via_wasm::token-rate-limit::ai-token-ratelimit.rejected";
