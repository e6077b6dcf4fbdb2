import { afterAll, beforeAll, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { ask, ModelServers } from "./model-servers.js";

const LIMIT_MS = 300_000;
const WARNING = "another instance of this plugin splits, too";

let models: ModelServers;
beforeAll(async () => {
  await buildPlugins(["model-router"], ["envoy"]);
  models = await ModelServers.start(["openai"]);
}, LIMIT_MS);
afterAll(() => models.stop());

const instance = (name: string, model: string, more = {}) => ({
  name,
  file: "build/envoy/model-router.wasm",
  config: JSON.stringify({
    split: { rules: [{ name, variants: [{ name, weight: 100, model }] }], ...more },
  }),
});

/** How often each chain is warned of, and the headers that its upstream sees. */
async function chain(...plugins: ReturnType<typeof instance>[]): Promise<[number, string[]]> {
  const { envoy, ...gate } = await models.gateway({}, {}, { plugins });
  try {
    models.visits.length = 0;
    expect((await ask({ envoy, ...gate }, '{"model":"chat"}')).status).toBe(200);
    const [visit] = models.visits;
    const lines = envoy.log.filter(({ text }) => text.includes(WARNING));
    const { "x-model-variant": tag, "x-early": early } = visit!.headers;
    return [lines.length, [visit!.body.toString(), String(tag), String(early)]];
  } finally {
    await envoy.stop();
  }
}

test("two instances that split: each thread says so, and the later one's tag is left", async () => {
  const [warnings, seen] = await chain(instance("a", "one"), instance("b", "two"));
  expect(warnings).toBeGreaterThan(0);
  expect(seen).toEqual(['{"model":"two"}', "b", "undefined"]);
});

test("with headers of their own both tags are left", async () => {
  const early = instance("a", "one", { tagHeader: "x-early" });
  const [, seen] = await chain(early, instance("b", "two"));
  expect(seen).toEqual(['{"model":"two"}', "b", "a"]);
});

test("one instance is not warned of", async () => {
  expect(await chain(instance("a", "one"))).toEqual([0, ['{"model":"one"}', "a", "undefined"]]);
});
