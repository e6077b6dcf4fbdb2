import {
  createHost,
  upstream,
  type ClientResponse,
  type Host,
  type HostOptions,
  type Json,
  type Upstream,
} from "proxy-wasm-test";

export const HOSTS = [
  ["envoy", "envoy-1.40"],
  ["higress", "higress-2.2"],
] as const;
export type Build = (typeof HOSTS)[number][0];
export const PROFILES = Object.fromEntries(HOSTS);

export const CHAT = "http://a.test/v1/chat/completions";
export const BODY = {
  model: "deepseek-r1",
  max_tokens: 9000,
  messages: [{ role: "user", content: "你好" }],
};

export const TARGETS: Json[] = [
  { name: "r1", cluster: "backend", modelMapping: { "*": "" } },
  {
    name: "distill",
    cluster: "distill",
    model: "r1-distill-32b",
    host: "distill.internal",
    body: { cap: { max_tokens: 8192 } },
  },
  {
    name: "qwen",
    cluster: "qwen",
    model: "qwen-max",
    host: "dashscope.aliyuncs.com",
    path: "/compatible-mode/v1/chat/completions",
    auth: { apiTokens: ["sk-qwen-secret"] },
    external: true,
  },
];

export const good = (model: string) => ({
  json: { object: "chat.completion", model, choices: [{ message: { content: "hi" } }] },
});
export const SSE = { "content-type": "text/event-stream" };
export const event = (data: unknown) =>
  `data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
export const delta = (content: string) => event({ choices: [{ delta: { content } }] });
export const STREAM = [delta("a"), delta("b"), event("[DONE]")];

export interface Chain {
  host: Host;
  models: Record<"r1" | "distill" | "qwen", Upstream>;
  ask(init?: { body?: object; headers?: Record<string, string> }): Promise<ClientResponse>;
}

/** A gateway with three targets: the route's, and two that are called. */
export async function chain(
  build: Build,
  config: Record<string, Json> = {},
  first: Upstream = upstream().reply(200, good("deepseek-r1")),
  second: Upstream = upstream().reply(200, good("r1-distill-32b")),
  third: Upstream = upstream().reply(200, good("qwen-max")),
  /** `plugins` stand behind it. */
  more: Partial<HostOptions> = {},
): Promise<Chain> {
  const host = await createHost({
    ...more,
    profile: PROFILES[build],
    plugins: [
      {
        name: "model-fallback",
        wasm: `build/${build}/model-fallback.wasm`,
        allowOnHeadersStopIteration: true,
        config: { strategy: "replay", targets: TARGETS, ...config },
      },
      ...(more.plugins ?? []),
    ],
    clusters: { backend: first, distill: second, qwen: third },
  });
  return {
    host,
    models: { r1: first, distill: second, qwen: third },
    ask: ({ body = BODY, headers = {} } = {}) =>
      host
        .fetch(CHAT, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            authorization: "Bearer client",
            ...headers,
          },
          body: JSON.stringify(body),
        })
        .settle(),
  };
}

export const header = (model: Upstream, name: string) =>
  model.requests.at(-1)!.headers.find(([key]) => key === name)?.[1] ?? null;
export const exposed = (answer: ClientResponse) =>
  Object.fromEntries([...answer.headers].filter(([name]) => /^x-(llm|fallback)/.test(name)));
export const sent = (model: Upstream) =>
  JSON.parse(Buffer.from(model.requests.at(-1)!.body).toString());
export const metrics = (host: Host) =>
  Object.fromEntries(
    Object.entries(host.metrics.all).flatMap(([name, value]) =>
      Number(value) > 0 ? [[name.replace("model_fallback.0.", ""), value]] : [],
    ),
  );
