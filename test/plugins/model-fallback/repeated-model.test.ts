import { createHost, upstream, type Json, type PluginOptions } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { bothParts, JSON_TYPE, TARGET } from "./support.js";

// A body that names its model several times is taken for a request for the first, and servers disagree
// about which one counts: all become the first, also where the target keeps the client's name.

const TARGETS: Json[] = [{ name: "a", cluster: "backend" }];
const alone = (strategy: string, more: Record<string, Json> = {}): PluginOptions[] => [
  {
    wasm: "build/higress/model-fallback.wasm",
    allowOnHeadersStopIteration: true,
    config: { strategy, targets: TARGETS, ...more },
  },
];
const STRATEGIES: [string, (more?: Record<string, Json>) => PluginOptions[]][] = [
  ["native", (more) => bothParts({ targets: TARGETS, ...more })],
  ["replay", (more) => alone("replay", more)],
  ["redirect", (more) => alone("redirect", more)],
];

async function sent(plugins: PluginOptions[], body: string) {
  const backend = upstream().reply(200, { headers: JSON_TYPE, body: "{}" });
  await using host = await createHost({ plugins, clusters: { backend }, profile: "higress-2.2" });
  const reply = await host.fetch(TARGET, { method: "POST", headers: JSON_TYPE, body }).settle();
  const [seen] = backend.requests;
  const length = seen!.headers.find(([name]) => name === "content-length")?.[1];
  return { body: seen!.body, length, model: reply.headers.get("x-llm-model") };
}

describe.each(STRATEGIES)("%s", (name, plugins) => {
  test.each([
    ['{"model":"m","x":1,"model":"other"}', '{"model":"m","x":1,"model":"m"}'],
    ['{"model":"m","model":["no","name"]}', '{"model":"m","model":"m"}'],
    ['{"model":"m","\\u006dodel":"o"}', '{"model":"m","\\u006dodel":"m"}'],
    ['{"model":"\\u006d"}', '{"model":"\\u006d"}'],
    ['{"model":"m","x":{"model":"o"}}', '{"model":"m","x":{"model":"o"}}'],
  ])("%s", async (body, wanted) => {
    const length = String(wanted.length);
    expect(await sent(plugins(), body)).toEqual({ body: wanted, length, model: "m" });
  });

  test.each([
    ['{"a":{"model":"m"},"a":{"model":"o"}}', '{"a":{"model":"m"},"a":{"model":"m"}}'],
    ['{"a":{"model":"m","model":"o"}}', '{"a":{"model":"m","model":"m"}}'],
  ])("a key with dots: %s", async (body, wanted) => {
    const found = await sent(plugins({ modelKey: "a.model" }), body);
    expect(found).toEqual({ body: wanted, length: String(wanted.length), model: "m" });
  });

  test.each(["m", "a".repeat(100_000)])("ten thousand names are refused: %.5s", async (model) => {
    const backend = upstream().reply(200, { headers: JSON_TYPE, body: "{}" });
    const clusters = { backend };
    const profile = name === "native" ? "envoy-1.40" : "higress-2.2";
    await using host = await createHost({ plugins: plugins(), clusters, profile });
    const ask = (body: string) =>
      host.fetch(TARGET, { method: "POST", headers: JSON_TYPE, body }).settle();
    const answer = await ask(`{"model":"${model}"${',"model":0'.repeat(10_600)}}`);
    expect([answer.status, answer.upstream.length]).toEqual([413, 0]);
    expect(answer.json()).toMatchObject({ error: { code: "request_too_large" } });
    expect((await ask('{"model":"m"}')).status).toBe(200);
  });

  test("what no chain is for stays as it is", async () => {
    const chains: Json[] = [{ match: { models: ["x"] }, targets: ["a"] }];
    const body = '{"model":"m","model":"x"}';
    expect(await sent(plugins({ chains }), body)).toMatchObject({ body, model: null });
  });
});
