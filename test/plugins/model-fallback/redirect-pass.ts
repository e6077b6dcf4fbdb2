import {
  createHost,
  upstream,
  type ClientResponse,
  type Json,
  type NativeFilter,
  type Upstream,
} from "proxy-wasm-test";
import "proxy-wasm-test/vitest/setup";

export const CHAT = "http://a.test/v1/chat/completions";
export const BODY = { model: "gpt", messages: [] };
export const CONFIG: Record<string, Json> = {
  strategy: "redirect",
  targets: [
    { name: "own", host: "own.internal", auth: { apiTokens: ["sk-own"] } },
    { name: "spare", model: "spare-7b", path: "/spare/chat", auth: { apiTokens: ["sk-spare"] } },
    { name: "online", modelMapping: { "*": "online-max" } },
  ],
};

export interface Pass {
  answer: ClientResponse;
  header: (name: string) => string | null;
  body: unknown;
  metrics: Record<string, number>;
}

export async function pass(
  headers: Record<string, string>,
  backend: Upstream = upstream().reply(200, { json: {} }),
  body = JSON.stringify(BODY),
  more: Record<string, Json> = {},
  behind: NativeFilter[] = [],
): Promise<Pass> {
  await using host = await createHost({
    profile: "higress-2.2",
    plugins: [
      { wasm: "build/higress/model-fallback.wasm", config: { ...CONFIG, ...more } },
      ...behind,
    ],
    clusters: { backend },
  });
  const answer = await host
    .fetch(CHAT, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer client", ...headers },
      body,
    })
    .settle();
  const [seen] = answer.upstream;
  return {
    answer,
    header: (name) => seen?.headers.find(([key]) => key === name)?.[1] ?? null,
    body: seen && (JSON.parse(seen.body) as unknown),
    metrics: host.metrics.all as Record<string, number>,
  };
}

export const AGAIN = {
  "x-higress-fallback-from": "ai-route-chat.internal",
  "x-model-fallback-hop": "1",
};
