import { createHost, upstream, type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { nativeChain } from "./native-chain.js";
import { BODY, CHAT, HOSTS, PROFILES, TARGETS } from "./replay-chain.js";

// Where routes read the cluster from a header that only this plugin writes, requests that no chain
// takes up are told one, too.

const CLUSTER = "x-llm-cluster";
type Init = { method?: string; headers?: Record<string, string>; body?: string };
const JSON_TYPE = { "content-type": "application/json" };
const FOREIGN: [string, string, Init][] = [
  ["a list of models", "http://a.test/v1/models", {}],
  ["a path that is not enabled", "http://a.test/v1/files", { method: "POST", body: "x" }],
  ["no JSON", CHAT, { method: "POST", headers: JSON_TYPE, body: "{" }],
  ["no model", CHAT, { method: "POST", headers: JSON_TYPE, body: "{}" }],
];

describe.each(FOREIGN)("%s", (_what, url, init) => {
  const headers = { authorization: "Bearer client", [CLUSTER]: "qwen", ...init.headers };

  test.each(HOSTS)("replay in %s", async (build) => {
    const ask = async (config: Record<string, Json>) => {
      await using host = await createHost({
        profile: PROFILES[build],
        plugins: [
          {
            name: "model-fallback",
            wasm: `build/${build}/model-fallback.wasm`,
            allowOnHeadersStopIteration: true,
            config: { strategy: "replay", targets: TARGETS, clusterHeader: CLUSTER, ...config },
          },
        ],
        routes: [{ name: "all", clusterHeader: CLUSTER }],
        clusters: { backend: upstream().reply(404), distill: upstream(), qwen: upstream() },
      });
      return host.fetch(url, { ...init, headers }).settle();
    };
    const answer = await ask({});
    expect([answer.status, answer.upstream.length]).toEqual([404, 1]);
    const seen = Object.fromEntries(answer.upstream[0]!.headers);
    expect(seen).toMatchObject({ [CLUSTER]: "backend" });
    expect(seen).not.toHaveProperty("authorization");
    expect(Buffer.from(answer.upstream[0]!.body).toString()).toBe(init.body ?? "");
    // A chain for some models says nothing of a request without any.
    const some = { chains: [{ match: { models: ["gpt*"] }, targets: ["r1"] }] };
    expect((await ask(some)).upstream).toHaveLength(0);
  });

  test("native", async () => {
    const { host } = await nativeChain({ steers: true });
    const answer = await host.fetch(url, { ...init, headers }).settle();
    expect([answer.status, answer.upstream.length]).toEqual([200, 1]);
    expect(Object.fromEntries(answer.upstream[0]!.headers)).toMatchObject({ [CLUSTER]: "from-0" });
  });
});

test.each([null, []])("chains: %j is a chain for everything", async (chains) => {
  await using host = await createHost({
    plugins: [
      {
        name: "model-fallback",
        wasm: "build/envoy/model-fallback.wasm",
        allowOnHeadersStopIteration: true,
        config: { strategy: "replay", targets: TARGETS, maxBodyBytes: 1024, chains },
      },
    ],
    clusters: { backend: upstream().reply(200, { json: {} }), distill: upstream() },
  });
  const ask = (text: string) =>
    host
      .fetch(CHAT, {
        method: "POST",
        headers: JSON_TYPE,
        body: JSON.stringify({ ...BODY, user: text }),
      })
      .settle();
  expect((await ask("x")).headers.get("x-llm-target")).toBe("r1");
  expect((await ask("x".repeat(2000))).status).toBe(200);
});
