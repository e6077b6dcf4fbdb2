import { Agent } from "node:http";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { buildPlugins } from "../../build/tools/build.js";
import { AskedModel } from "./asked-model.js";
import { CacheGateway } from "./cache-gateway.js";

// A real Envoy with several workers that keeps answers in its memory. Nobody gets another one's answer,
// and a crowd that asks one new question reaches the model once.

const LIMIT_MS = 120_000;

let model: AskedModel;
let gate: CacheGateway | null = null;

beforeAll(async () => {
  await buildPlugins(["ai-cache"], ["envoy"]);
  model = await new AskedModel().start();
}, LIMIT_MS);
afterAll(() => model.stop());
afterEach(async () => {
  await gate?.stop();
  gate = null;
  model.delayMs = 0;
});

async function open(config: object): Promise<CacheGateway> {
  gate = await CacheGateway.start(config, model.port);
  model.asked = 0;
  return gate;
}

test("answers are there for all workers, and for nobody else", async () => {
  const gateway = await open({});
  for (const stream of [false, true]) {
    const question = `q ${stream}`;
    const first = await gateway.ask(question, { consumer: "alice", stream });
    expect(first).toEqual({ status: 200, cache: "miss", text: `${question} for alice` });
    const again = await Promise.all(
      Array.from({ length: 40 }, (_client, i) =>
        gateway.ask(question, { consumer: "alice", stream: i % 2 === 0 }),
      ),
    );
    for (const reply of again) {
      expect(reply).toEqual({ status: 200, cache: "hit", text: `${question} for alice` });
    }
    const other = await gateway.ask(question, { consumer: "bob", stream });
    expect(other).toEqual({ status: 200, cache: "miss", text: `${question} for bob` });
  }
  expect(model.asked).toBe(4);
  expect(await gateway.counter("ai_cache_memory_entries")).toBe(4);
});

test("answers never get mixed up, whoever asks what at once", async () => {
  const gateway = await open({ cache: { type: "memory", memory: { maxEntries: 16 } } });
  const agents = Array.from({ length: 32 }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
  const work = agents.map(async (agent, client) => {
    for (let i = 0; i < 60; i++) {
      const consumer = `c${(client + i) % 5}`;
      const question = `q${(client * 7 + i * 3) % 9}`;
      const reply = await gateway.ask(question, { consumer, agent, stream: i % 3 === 0 });
      expect(reply).toMatchObject({ status: 200, text: `${question} for ${consumer}` });
    }
    agent.destroy();
  });
  await Promise.all(work);
  // So small a table was too small at times.
  expect(await gateway.counter("ai_cache_hit")).toBeGreaterThan(100);
  expect(await gateway.counter("ai_cache_memory_evictions")).toBeGreaterThan(0);
  expect(await gateway.counter("ai_cache_memory_entries")).toBeLessThanOrEqual(16);
});

test("five hundred clients ask one new question: the model is asked once", async () => {
  model.delayMs = 500;
  const gateway = await open({ singleFlight: { maxWaitMs: 20_000 } });
  const replies = await Promise.all(
    Array.from({ length: 500 }, (_client, i) => gateway.ask("new", { stream: i % 2 === 0 })),
  );
  expect(model.asked).toBe(1);
  expect(new Set(replies.map(({ text }) => text))).toEqual(new Set(["new for nobody"]));
  expect(replies.filter(({ cache }) => cache === "hit")).toHaveLength(499);
});

test("a client that leaves early takes nothing with it", async () => {
  model.delayMs = 300;
  const gateway = await open({ singleFlight: { maxWaitMs: 20_000 } });
  const agent = new Agent();
  const leaving = gateway.ask("left", { agent }).catch(() => "left");
  setTimeout(() => agent.destroy(), 100);
  const staying = gateway.ask("left");
  expect(await leaving).toBe("left");
  expect((await staying).text).toBe("left for nobody");
  expect((await gateway.ask("left")).cache).toBe("hit");
});
