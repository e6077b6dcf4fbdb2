import { upstream, type Json } from "proxy-wasm-test";
import { expect, test } from "vitest";
import { chain, exposed, metrics, TARGETS } from "./replay-chain.js";
import { gateway, JSON_TYPE } from "./support.js";

// Providers of Higress's ai-proxy (model-fallback.md 2.9): what each type is sent.

const CHAT = "/v1/chat/completions";
const TOKENS = { apiTokens: ["sk-1"] };
const BEARER = ["authorization", "Bearer sk-1"];

interface Sent {
  host: string;
  path: string;
  key: string[];
  model: string;
}

/** What the model server gets when this is the only provider. */
async function send(provider: Record<string, Json>, path = CHAT, rest = {}): Promise<Sent> {
  const config = { providers: [{ id: "p", cluster: "backend", ...provider }], ...rest };
  await using host = await gateway(config);
  const body = '{"model":"gpt-4o","messages":[]}';
  const headers = { ...JSON_TYPE, authorization: "Bearer client", "api-key": "client" };
  const reply = await host
    .fetch(`http://a.test${path}`, { method: "POST", headers, body })
    .settle();
  expect(reply.headers.get("x-llm-target")).toBe("p");
  const seen = reply.upstream[0]!;
  const value = (name: string) => seen.headers.find(([key]) => key === name)?.[1];
  const keys = seen.headers.filter(([name]) => name === "authorization" || name === "api-key");
  return {
    host: value(":authority") ?? "",
    path: value(":path") ?? "",
    key: keys.flat(),
    model: (JSON.parse(Buffer.from(seen.body).toString()) as { model: string }).model,
  };
}

/** `basePath` is the gateway's part of the client's path, or one of the provider's. */
function basePaths(): [string, Record<string, Json>, Partial<Sent>, string?][] {
  const base = { basePath: "/team" };
  const ahead = { ...base, basePathHandling: "prepend" };
  const url = { openaiCustomUrl: "https://proxy.test/x/chat/completions" };
  const host = "proxy.test";
  const qwen = "dashscope.aliyuncs.com";
  const zhipu = { host: "open.bigmodel.cn", path: "/api/paas/v4/chat/completions" };
  return [
    ["removed from generic", { type: "generic", ...base }, { path: CHAT }, `/team${CHAT}`],
    ["qwen", { type: "qwen", ...base }, { host: qwen, path: `/compatible-mode${CHAT}` }],
    ["zhipuai", { type: "zhipuai", ...base }, zhipu],
    ["a URL", { type: "openai", ...url, ...base }, { host, path: "/x/chat/completions" }],
    ["put before generic", { type: "generic", ...ahead }, { path: `/team${CHAT}` }, CHAT],
    [
      "qwen",
      { type: "qwen", ...ahead },
      { host: qwen, path: `/team/compatible-mode${CHAT}` },
      CHAT,
    ],
    ["zhipuai", { type: "zhipuai", ...ahead }, { ...zhipu, path: `/team${zhipu.path}` }, CHAT],
    [
      "a URL",
      { type: "openai", ...url, ...ahead },
      { host, path: "/team/x/chat/completions" },
      CHAT,
    ],
  ].map(([name, provider, expected, path]) => [
    `basePath, ${name as string}`,
    provider as Record<string, Json>,
    { host: "a.test", ...(expected as Partial<Sent>) },
    (path as string | undefined) ?? `/team${CHAT}`,
  ]);
}

const kept = { key: BEARER, model: "gpt-4o" };
const cases: [string, Record<string, Json>, Partial<Sent>, string?][] = [
  ["openai", { type: "openai" }, { host: "api.openai.com", path: CHAT }],
  ["deepseek", { type: "deepseek" }, { host: "api.deepseek.com", path: CHAT }],
  ["qwen", { type: "qwen" }, { host: "dashscope.aliyuncs.com", path: `/compatible-mode${CHAT}` }],
  ["moonshot", { type: "moonshot" }, { host: "api.moonshot.cn", path: CHAT }],
  [
    "zhipuai",
    { type: "zhipuai" },
    { host: "open.bigmodel.cn", path: "/api/paas/v4/chat/completions" },
  ],
  ["openrouter", { type: "openrouter" }, { host: "openrouter.ai", path: `/api${CHAT}` }],
  ["generic", { type: "generic" }, { host: "a.test", path: CHAT }],
  [
    "vllm with a URL",
    { type: "vllm", vllmCustomUrl: "http://vllm.internal:8000/v1" },
    { host: "vllm.internal:8000", path: CHAT },
  ],
  [
    "openai with a URL of the whole API",
    { type: "openai", openaiCustomUrl: "https://proxy.test/x/v1/chat/completions" },
    { host: "proxy.test", path: "/x/v1/chat/completions" },
  ],
  [
    "a domain and a base path of the operator's own",
    { type: "openai", providerDomain: "gw.test", providerBasePath: "/team" },
    { host: "gw.test", path: `/team${CHAT}` },
  ],
  ...basePaths(),
  [
    "a mapping: the exact name, then the longest prefix, then all",
    { type: "generic", modelMapping: { "*": "rest", "gpt-*": "short", "gpt-4*": "longer" } },
    { host: "a.test", path: CHAT, model: "longer" },
  ],
  [
    "azure",
    {
      type: "azure",
      azureServiceUrl: "https://my.openai.azure.com/openai/deployments/d?api-version=2024-02-01",
    },
    {
      host: "my.openai.azure.com",
      path: "/openai/deployments/gpt-4o/chat/completions?api-version=2024-02-01",
      key: ["api-key", "sk-1"],
    },
  ],
];

test.each(cases)("%s", async (_name, provider, expected, path) => {
  expect(await send({ ...TOKENS, ...provider }, path)).toEqual({ ...kept, ...expected });
});

test("without a key none is sent, and never the client's", async () => {
  expect((await send({ type: "openai" })).key).toEqual([]);
});

test("failover and retryOnFailure are our fields by other names", async () => {
  const providers: Json[] = [
    { id: "a", type: "generic", cluster: "backend" },
    { id: "b", type: "qwen", cluster: "spare", apiTokens: ["sk-2"] },
  ];
  const failover = { failoverOnStatus: ["418"], failureThreshold: 2, cooldownDuration: 1500 };
  const retryOnFailure = { maxRetries: 9, retryTimeout: 1234 };
  const config: Json = { strategy: "replay", providers, failover, retryOnFailure };
  const spare = upstream().reply(200, { json: {} });
  const first = upstream().reply(418, { json: {} });
  await using host = await gateway(config, {
    plugins: [
      { wasm: "build/envoy/model-fallback.wasm", allowOnHeadersStopIteration: true, config },
    ],
    clusters: { backend: first, spare },
  });
  const init = { method: "POST", headers: JSON_TYPE, body: '{"model":"m"}' };
  for (let i = 0; i < 3; i++) {
    const reply = await host.fetch(`http://a.test${CHAT}`, init).settle();
    expect(reply.headers.get("x-llm-target")).toBe("b");
    const reason = i < 2 ? "status_418" : "breaker_open";
    expect(reply.headers.get("x-fallback-reason")).toBe(reason);
  }
  expect(first.requests).toHaveLength(2);
  expect(spare.requests).toHaveLength(3);
  expect(host.callouts[0]).toMatchObject({ timeoutMs: 1234 });
  const head = Object.fromEntries(spare.requests[2]!.headers);
  expect(head).toMatchObject({
    ":authority": "dashscope.aliyuncs.com",
    ":path": `/compatible-mode${CHAT}`,
    authorization: "Bearer sk-2",
  });
});

test("retries of Higress count the targets of our own", async () => {
  const targets: Json[] = ["backend", "spare"].map((name) => ({ name, cluster: name }));
  const legacy = { retryOnFailure: { maxRetries: 1 } };
  const config: Json = { strategy: "replay", targets, legacy };
  await using host = await gateway(config, {
    plugins: [
      { wasm: "build/envoy/model-fallback.wasm", allowOnHeadersStopIteration: true, config },
    ],
    clusters: { backend: upstream().reply(503), spare: upstream().reply(200, { json: {} }) },
  });
  const init = { method: "POST", headers: JSON_TYPE, body: '{"model":"m"}' };
  const reply = await host.fetch(`http://a.test${CHAT}`, init).settle();
  expect(reply.headers.get("x-llm-target")).toBe("spare");
});

test("what Higress has switched off is not read", async () => {
  const retryOnFailure = { enabled: false, maxRetries: 0, retryOnStatus: ["404"] };
  for (const enabled of [false, true]) {
    const failover = { enabled, failureThreshold: 1 };
    const config = { targets: TARGETS, legacy: { retryOnFailure, failover } };
    const { ask, host } = await chain("envoy", config, upstream().reply(503));
    expect(exposed(await ask())).toMatchObject({ "x-llm-target": "distill" });
    expect(metrics(host)["r1.breaker_opened"] ?? 0).toBe(enabled ? 1 : 0);
  }
});
