import {
  createHost,
  redis,
  upstream,
  type ClientResponse,
  type Host,
  type HostOptions,
  type Json,
  type PluginOptions,
  type Redis,
  type StreamHandle,
} from "proxy-wasm-test";
// After each test of a file that imports this one: did the plugin keep the rules of use?
import "proxy-wasm-test/vitest/setup";
import { loaded, type Loaded } from "../loaded.js";
import { PROFILES, type Build } from "./semantic-gateway.js";

export const CHAT = "/v1/chat/completions";
export const REDIS_CLUSTER = "outbound|6379||redis.dns";
export const JSON_TYPE = { "content-type": "application/json" };
export const SSE_TYPE = { "content-type": "text/event-stream" };

/** As a user of Higress's ai-cache has it: nothing but fields of the peer. */
export const PEER = { cache: { type: "redis", serviceName: "redis.dns" } };
export const MEMORY = { cache: { type: "memory" } };

/** ai-cache as an element of a chain. */
export function aiCache(
  config: object | string,
  options: Partial<PluginOptions> = {},
): PluginOptions {
  return {
    name: "ai-cache",
    wasm: "build/envoy/ai-cache.wasm",
    vmId: "one",
    allowOnHeadersStopIteration: true,
    failurePolicy: "FAIL_RELOAD",
    config: typeof config === "string" ? config : JSON.stringify(config),
    ...options,
  };
}

/** A chat completion as a model answers it. */
export function completion(content: string, more: Record<string, Json> = {}): string {
  const choice = { index: 0, message: { role: "assistant", content }, finish_reason: "stop" };
  return JSON.stringify({ object: "chat.completion", choices: [choice], ...more });
}

/** A body that asks one thing. */
export function question(content: string, more: Record<string, Json> = {}): string {
  return JSON.stringify({ model: "m", messages: [{ role: "user", content }], ...more });
}

/** An Envoy with ai-cache before a model that says "Hello". */
export function gateway(
  config: object | string,
  options: Partial<HostOptions> = {},
): Promise<Host> {
  return createHost({
    lifecycle: "single",
    ...options,
    clusters: {
      backend: upstream().reply(200, { headers: JSON_TYPE, body: completion("Hello") }),
      ...options.clusters,
    },
    plugins: options.plugins ?? [aiCache(config)],
  });
}

/** The same with the plugin of one host. */
export function gatewayOn(
  build: Build,
  config: object | string,
  options: Partial<HostOptions> = {},
): Promise<Host> {
  return gateway(config, {
    profile: PROFILES[build],
    ...options,
    plugins: options.plugins ?? [aiCache(config, { wasm: `build/${build}/ai-cache.wasm` })],
  });
}

/** A Higress gateway with a Redis in memory. */
export async function higress(
  config: object | string,
  options: Partial<HostOptions> = {},
): Promise<{ host: Host; redis: Redis }> {
  const server = redis();
  const host = await gateway(config, {
    profile: "higress-2.2",
    ...options,
    clusters: { [REDIS_CLUSTER]: server, ...options.clusters },
    plugins: options.plugins ?? [aiCache(config, { wasm: "build/higress/ai-cache.wasm" })],
  });
  return { host, redis: server };
}

/** Asks one thing. */
export function ask(
  host: Host,
  body: string,
  headers: Record<string, string> = {},
): Promise<ClientResponse> {
  const all = { ...JSON_TYPE, ...headers };
  return host.fetch(CHAT, { method: "POST", headers: all, body }).settle(60_000);
}

/** Begins to ask; the answer comes while the clock goes on. */
export async function begin(
  host: Pick<Host, "stream">,
  body: string,
  headers: Record<string, string> = {},
): Promise<StreamHandle> {
  const stream = host.stream(`POST ${CHAT}`, { headers: { ...JSON_TYPE, ...headers } });
  await stream.headers();
  await stream.data(body, { end: true });
  return stream;
}

/** The text of an answer, whichever way it came. */
export function textOf(reply: ClientResponse): string {
  const body = reply.text();
  if (!body.startsWith("data:")) {
    const answer = JSON.parse(body) as { choices: { message: { content: string } }[] };
    return answer.choices[0]?.message.content ?? "";
  }
  let text = "";
  for (const event of body.split("\n\n")) {
    const data = event.replace(/^data: ?/, "");
    if (data === "" || data === "[DONE]") continue;
    const chunk = JSON.parse(data) as { choices: { delta: { content?: string } }[] };
    text += chunk.choices[0]?.delta.content ?? "";
  }
  return text;
}

/** How a configuration is taken by a Higress gateway that knows a Redis. */
export function load(config: object | string, options: Partial<HostOptions> = {}): Promise<Loaded> {
  return loaded(higress(config, options).then(({ host }) => host));
}

/** Whether the cache answered; Higress puts the plugin's name before the details. */
export function isHit(reply: ClientResponse): boolean {
  return reply.details.endsWith("ai-cache.hit");
}
