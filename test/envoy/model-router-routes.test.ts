import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import type { Gateway } from "./gateway.js";
import { ask, ModelServers } from "./model-servers.js";

const LIMIT_MS = 300_000;
const MIB = 1024 * 1024;

let models: ModelServers;
beforeAll(async () => {
  await buildPlugins(["model-router"], ["envoy"]);
  models = await ModelServers.start(["openai", "deepseek-r1"]);
}, LIMIT_MS);
afterAll(() => models.stop());
beforeEach(() => (models.visits.length = 0));

describe("a route table that looks at the model's header", () => {
  let gate: Gateway;
  beforeAll(async () => {
    const config = {
      modelToHeader: "x-higress-llm-model",
      modelMapping: { reasoner: "deepseek-r1" },
    };
    gate = await models.gateway(config, { request_body_buffer_limit: 32 * MIB });
  }, LIMIT_MS);
  afterAll(() => gate.envoy.stop());

  test("is chosen from once more when the body has named the model", async () => {
    expect((await ask(gate, '{"model":"deepseek-r1"}')).model).toBe("deepseek-r1");
    expect((await ask(gate, '{"model":"gpt-4o"}')).model).toBe("openai");
  });

  test("a name is written in its place; the rest of 5 MB travels on byte for byte", async () => {
    const rest = `,"messages":[{"role":"user","content":"${"é\\n".repeat((5 * MIB) / 4)}"}]}`;
    const { status, model } = await ask(gate, `{ "model" : "reasoner"${rest}`);
    expect([status, model]).toEqual([200, "deepseek-r1"]);
    const [visit] = models.visits;
    const expected = Buffer.from(`{ "model" : "deepseek-r1"${rest}`);
    expect(visit!.body.equals(expected)).toBe(true);
    expect(visit!.headers["content-length"]).toBe(String(expected.length));
  });

  test("so it does when the model stands at the end", async () => {
    const start = `{"messages":[{"role":"user","content":"${"a".repeat(5 * MIB)}"}],"model":"`;
    expect((await ask(gate, `${start}reasoner" }`)).model).toBe("deepseek-r1");
    expect(models.visits[0]!.body.equals(Buffer.from(`${start}deepseek-r1" }`))).toBe(true);
  });
});
