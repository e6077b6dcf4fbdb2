import type { Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { busy, nativeChain, well } from "./native-chain.js";
import { chain, exposed, header, sent } from "./replay-chain.js";

// How an attempt knows its target where no metadata says it, and the path that a target is asked under.

describe("an endpoint without metadata is known", () => {
  const asks = async (targets: Json, path?: string) => {
    const gateway = await nativeChain({
      models: { a: well("a").address("10.0.0.1:80"), b: well("b").address("10.0.0.2:80") },
      config: { targets },
      metadata: () => ({}),
    });
    return { ...gateway, answer: await gateway.ask({ path }) };
  };

  test("by the cluster that the route names", async () => {
    const { answer, models } = await asks([
      { name: "a", cluster: "other" },
      { name: "b", cluster: "from-0", model: "model-b" },
    ]);
    expect(exposed(answer)).toMatchObject({ "x-llm-target": "b" });
    expect(sent(models["a"]!).model).toBe("model-b");
  });

  test("by its address, where no cluster is one's", async () => {
    const { answer } = await asks([
      { name: "a", address: "10.0.0.2:80" },
      { name: "b", address: "10.0.0.1:80" },
    ]);
    expect(exposed(answer)).toMatchObject({ "x-llm-target": "b" });
  });

  test("by the order of attempts at last", async () => {
    const { answer } = await asks([{ name: "a" }, { name: "b" }]);
    expect(exposed(answer)).toMatchObject({ "x-llm-target": "a" });
  });

  test("or else passed through, which is logged", async () => {
    const { answer, host, models } = await asks(
      [
        { name: "a", address: "10.9.9.9:80", auth: { apiTokens: ["key-a"] } },
        { name: "b", address: "10.9.9.8:80" },
      ],
      "/v1/files", // no order of attempts: it is none of ours
    );
    expect([answer.status, exposed(answer)]).toEqual([200, {}]);
    expect(header(models["a"]!, "authorization")).toBe("Bearer client");
    const lines = host.logs.map(({ text }) => text);
    const line = expect.stringContaining("model-fallback");
    expect(lines.filter((text) => text.includes("unknown target, passing through"))).toEqual([
      line,
    ]);
  });
});

test("a chain that the upstream part does not know changes nothing of what targets are sent", async () => {
  const targets: Json = [
    { name: "a", model: "model-a", auth: { apiTokens: ["key-a"] } },
    { name: "b", model: "model-b" },
  ];
  const { ask, host, models } = await nativeChain({
    config: { targets, chains: [{ name: "one", targets: ["a", "b"] }] },
    upstreamConfig: { chains: [{ name: "other", targets: ["a", "b"] }] },
    models: { a: busy(), b: well("b") },
  });
  expect((await ask()).status).toBe(200);
  expect(header(models["a"]!, "authorization")).toBe("Bearer key-a");
  expect(header(models["b"]!, "authorization")).toBeNull();
  expect(sent(models["b"]!)).toMatchObject({ model: "model-b" });
  expect(header(models["b"]!, "content-length")).toBe(
    String(Buffer.byteLength(models["b"]!.requests.at(-1)!.body)),
  );
  const lines = host.logs.filter(({ text }) => text.endsWith("unknown chain one"));
  expect(lines).toHaveLength(2);
});

describe("the path", () => {
  const QUERY = "?a=b";
  const CHAT = "/v1/chat/completions";

  test.each<[Record<string, Json>, string, string]>([
    [{ path: "/x" }, CHAT, "/x"],
    [{ path: "/x" }, CHAT + QUERY, "/x" + QUERY],
    [{ path: "/x?own=1" }, CHAT + QUERY, "/x?own=1"],
    [{ path: "/x", basePath: "/v1" }, CHAT, "/x"],
    [{ basePath: "/team" }, `/team${CHAT}${QUERY}`, CHAT + QUERY],
    [{ basePath: "/team/" }, `/team${CHAT}`, CHAT],
    [{ basePath: "/team" }, CHAT, CHAT],
    [{ basePath: "/team", basePathHandling: "removePrefix" }, `/team${CHAT}`, CHAT],
    [{ basePath: "/team", basePathHandling: "prepend" }, CHAT + QUERY, `/team${CHAT}${QUERY}`],
    [{ basePath: "/team", basePathHandling: "prepend" }, `/team${CHAT}`, `/team${CHAT}`],
    ...azurePaths(),
  ])("%j: %s", async (target, path, wanted) => {
    const native = await nativeChain({
      models: { a: well("a") },
      config: { targets: [{ name: "a", ...target }] },
    });
    await native.ask({ path });
    expect(header(native.models["a"]!, ":path")).toBe(wanted);
    const targets: Json = [{ name: "a", cluster: "backend", ...target }];
    const replay = await chain("envoy", { targets });
    const init = { method: "POST", headers: { "content-type": "application/json" } };
    await replay.host.fetch(`http://a.test${path}`, { ...init, body: '{"model":"m"}' }).settle();
    expect(header(replay.models.r1, ":path")).toBe(wanted);
  });
});

/** What stands behind `/v1` is the API; it changes neither the deployment nor the version. */
function azurePaths(): [Record<string, Json>, string, string][] {
  const azure = { protocol: "azure", model: "gpt-4o" };
  const base = "/openai/deployments/gpt-4o";
  const version = "api-version=2024-10-21";
  const ahead = { basePath: "/team", basePathHandling: "prepend" };
  const upwards = "/v1/../gpt-4-32k/chat/completions";
  return [
    [azure, "/v1/chat/completions", `${base}/chat/completions?${version}`],
    [azure, "/v1-mini/chat/completions", `${base}/v1-mini/chat/completions?${version}`],
    [azure, "/v1beta/v1/chat/completions", `${base}/chat/completions?${version}`],
    [azure, "/v1/completions?api-version=old&a=b", `${base}/completions?a=b&${version}`],
    [azure, upwards, `${base}?${version}`],
    [azure, upwards.replace("..", "%2E%2e"), `${base}?${version}`],
    [ahead, "/team/../other/completions", "/team"],
    [ahead, "/../other/completions?a=b", "/team"],
  ];
}
