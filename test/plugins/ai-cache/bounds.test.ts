import { upstream, type Host, type HostOptions } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { countingSteps } from "../../support/steps.js";
import { BareHost } from "../ai-statistics/bare-host.js";
import {
  aiCache,
  ask,
  begin,
  completion,
  gateway,
  isHit,
  JSON_TYPE,
  MEMORY,
  question,
  SSE_TYPE,
  textOf,
} from "./support.js";

// What one request, one answer or one stampede may take of a worker: memory that a callback has taken is
// never given back.

const MIB = 1 << 20;

describe.each(["envoy", "higress"] as const)("%s", (build) => {
  const open = (config: object, options: Partial<HostOptions> = {}): Promise<Host> =>
    gateway(config, {
      trace: false,
      bufferLimitBytes: 8 * MIB,
      ...(build === "higress" ? { profile: "higress-2.2" as const } : {}),
      ...options,
      plugins: [aiCache(config, { wasm: `build/${build}/ai-cache.wasm` })],
    });

  /** Steps of one request and its answer. */
  const stepsOf = (config: object, body: string, type: string, answer: string): number => {
    const host = new BareHost(countingSteps(`build/${build}/ai-cache.wasm`), config);
    const before = host.steps;
    const request = { ":path": "/v1/chat/completions", ...JSON_TYPE };
    host.exchange(request, body, { ":status": "200", "content-type": type }, [answer]);
    return host.steps - before;
  };

  test("messages without end pass by, and little is kept of them", async () => {
    const host = await open(MEMORY);
    const many = (count: number, last: string) =>
      `{"model":"m","messages":[${"0,".repeat(count)}${last}]}`;
    const user = '{"role":"user","content":"x"}';
    await ask(host, many(8191, user));
    expect(isHit(await ask(host, many(8191, user)))).toBe(true);
    const before = host.memorySize;
    for (const body of [many(8192, user), many(2_000_000, user)]) {
      expect(isHit(await ask(host, body))).toBe(false);
    }
    expect(host.metrics.all["ai_cache_bypass"]).toBe(2);
    // The body itself, more than once; each message would be 170 bytes.
    expect(host.memorySize - before).toBeLessThan(40 * MIB);
    await host.close();
  });

  test("members without end, the worst order first, pass by at once", async () => {
    const config = { ...MEMORY, cacheKeyPartition: ["params", "tools"] };
    const host = await open(config);
    const body = (count: number) => {
      const members = Array.from({ length: count }, (_m, i) => `"p${String(900_000 - i)}":1`);
      return `{${members.join()},"messages":[{"role":"user","content":"x"}]}`;
    };
    await ask(host, body(1000));
    expect(isHit(await ask(host, body(1000)))).toBe(true);
    await ask(host, body(100_000));
    expect(host.metrics.all["ai_cache_bypass"]).toBe(1);
    await host.close();
    // All of them sorted: tens of millions of steps, by insertion billions.
    const few = stepsOf(config, body(1000), "application/json", "{}");
    expect(few).toBeGreaterThan(100_000);
    expect(stepsOf(config, body(100_000), "application/json", "{}")).toBeLessThan(few);
  });

  test("nor are those where a path looks for the question", async () => {
    const cacheKeyFrom = 'input.@reverse.#(role=="user").content';
    const host = await open({ ...MEMORY, cacheKeyFrom });
    const many = (count: number) =>
      `{"input":[${"0,".repeat(count)}{"role":"user","content":"x"}]}`;
    await ask(host, many(8191));
    expect(isHit(await ask(host, many(8191)))).toBe(true);
    const before = host.memorySize;
    for (const count of [8192, 2_000_000]) {
      expect(isHit(await ask(host, many(count)))).toBe(false);
    }
    expect(host.metrics.all["ai_cache_bypass"]).toBe(2);
    expect(host.memorySize - before).toBeLessThan(40 * MIB);
    await host.close();
  });

  test.each([
    ["in a list", (turn: string) => `[${turn}]`],
    ["alone", (turn: string) => turn],
  ])("nor are members of a message: %s", async (_where, list) => {
    const config = { ...MEMORY, cacheKeyStrategy: "allQuestions" };
    const host = await open(config);
    const body = (count: number) => {
      const members = '"a":1,'.repeat(count);
      return `{"messages":${list(`{${members}"role":"user","content":"x"}`)}}`;
    };
    await ask(host, body(1000));
    expect(isHit(await ask(host, body(1000)))).toBe(true);
    const before = host.memorySize;
    for (const count of [1023, 700_000]) {
      expect(isHit(await ask(host, body(count)))).toBe(false);
    }
    expect(host.metrics.all["ai_cache_bypass"]).toBe(2);
    expect(host.memorySize - before).toBeLessThan(40 * MIB);
    await host.close();
  });

  test("choices, parts and items without end: the answer is not stored", async () => {
    const wide = (list: string) => `{${completion("x").slice(1, -1)},${list}}`;
    for (const body of [
      `{"choices":[{"message":{"content":"x"}}${",{}".repeat(10_000)}]}`,
      wide(`"content":[${"{},".repeat(10_000)}{}]`),
      wide(`"output":[${"{},".repeat(10_000)}{}]`),
    ]) {
      const backend = upstream().reply(200, { headers: JSON_TYPE, body });
      const host = await open(MEMORY, { clusters: { backend } });
      await ask(host, question("q"));
      expect(isHit(await ask(host, question("q")))).toBe(false);
      expect(host.metrics.all["ai_cache_store_skipped_size"]).toBe(2);
      await host.close();
    }
  });

  test.each(["single", "chunks"])(
    "a hundred who wait for a long answer do not get it all in one callback: %s",
    async (streamReplay) => {
      const backend = upstream()
        .after(1000)
        .reply(200, { headers: JSON_TYPE, body: completion("x".repeat(MIB - 1000)) });
      const cache = { type: "memory", memory: { maxEntryBytes: MIB, maxEntries: 64 } };
      const host = await open({ cache, singleFlight: {}, streamReplay }, { clusters: { backend } });
      const before = host.memorySize;
      const streams = [await begin(host, question("q"))];
      for (let i = 1; i < 100; i++)
        streams.push(await begin(host, question("q", { stream: true })));
      await host.clock.advance(20_000);
      const replies = await Promise.all(streams.map((stream) => stream.response()));
      expect(replies.slice(1).every(isHit)).toBe(true);
      expect(textOf(replies[99]!)).toHaveLength(MIB - 1000);
      expect(host.memorySize - before).toBeLessThan(48 * MIB);
      await host.close();
    },
  );

  test("nor are answers that are too old for all of them read in one callback", async () => {
    const long = completion("x".repeat(MIB - 1000));
    const backend = upstream()
      .reply(200, { headers: JSON_TYPE, body: long })
      .after(1000)
      .reply(503);
    const cache = { type: "memory", memory: { maxEntryBytes: MIB, maxEntries: 64 } };
    const config = { cache, singleFlight: {}, requestCacheControl: true };
    const host = await open(config, { clusters: { backend } });
    await ask(host, question("q"));
    await host.clock.advance(5000);
    const streams = [];
    const young = { "cache-control": "max-age=1" };
    for (let i = 0; i < 100; i++) streams.push(await begin(host, question("q"), young));
    const before = host.memorySize;
    await host.clock.advance(20_000);
    const replies = await Promise.all(streams.map((stream) => stream.response()));
    expect(replies.map(({ status }) => status)).toEqual(Array(100).fill(503));
    expect(host.memorySize - before).toBeLessThan(16 * MIB);
    await host.close();
  });

  test("results of a search without end are not all read", async () => {
    const config = {
      embedding: { type: "ollama", cluster: "embedding" },
      vector: { type: "qdrant", cluster: "vectors", collectionID: "c", threshold: 0.9 },
    };
    const json = (body: string) => upstream().reply(200, { headers: JSON_TYPE, body });
    const vectors = json(`{"result":[${"{},".repeat(1_000_000)}{}]}`);
    const embedding = json('{"embeddings":[[1,2]]}');
    const host = await open(config, { clusters: { vectors, embedding } });
    const before = host.memorySize;
    expect(textOf(await ask(host, question("q")))).toBe("Hello");
    expect(host.memorySize - before).toBeLessThan(24 * MIB);
    await host.close();
  });

  test("a long name of the model is not in each of a thousand events", async () => {
    const body = completion("x".repeat(250_000), { model: "m".repeat(250_000) });
    const backend = upstream().reply(200, { headers: JSON_TYPE, body });
    const cache = { type: "memory", memory: { maxEntryBytes: MIB, maxEntries: 64 } };
    const config = { cache, replay: "structured", streamReplay: "chunks" };
    const host = await open(config, { clusters: { backend } });
    await ask(host, question("q"));
    const reply = await ask(host, question("q", { stream: true }));
    expect(isHit(reply)).toBe(true);
    expect(reply.body.length).toBeLessThan(MIB);
    await host.close();
  });

  test("a message of more members than any has is not stored, and is soon done with", async () => {
    const fields = Array.from({ length: 8000 }, (_f, i) => `"a${i}":""`).join();
    const event = (delta: string) => `data: {"choices":[{"delta":{${delta}}}]}\n\n`;
    const body = `${event('"content":"x"')}${event(fields)}data: [DONE]\n\n`;
    const backend = upstream().reply(200, { headers: SSE_TYPE, body });
    const config = { ...MEMORY, replay: "structured" };
    const host = await open(config, { clusters: { backend } });
    await ask(host, question("q", { stream: true }));
    expect(host.metrics.all["ai_cache_store_skipped_size"]).toBe(1);
    await host.close();
    // Each name looked for among all before it: more than 30 million steps.
    const asked = '{"stream":true,"messages":[{"role":"user","content":"q"}]}';
    const steps = stepsOf(config, asked, SSE_TYPE["content-type"], body);
    expect(steps).toBeGreaterThan(8000); // it was read
    expect(steps).toBeLessThan(5_000_000);
  });
});
