import { upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { validConfigurations } from "../configurations.js";
import { ask, gateway, higress, isHit, PEER, question, SSE_TYPE, textOf } from "./support.js";

// The fields of the first generation of Higress's plugin, which consoles still write.

const REDIS = { serviceName: "redis.dns" };
const words = (commands: string[][]) => commands.map((command) => command.join(" "));
const event = (content: string, reason: string | null = null) =>
  `data: ${JSON.stringify({ choices: [{ delta: { content }, finish_reason: reason }] })}\n\n`;
const stream = () =>
  upstream().reply(200, {
    headers: SSE_TYPE,
    body: `${event("Hel")}${event("lo", "stop")}data: [DONE]\n\n`,
  });

test("all of them together", async () => {
  const [, config] = validConfigurations("ai-cache").find(([name]) => name === "first-generation")!;
  const { host, redis } = await higress(config);
  await ask(host, question("q"));
  expect(words(redis.commands)).toEqual(["get p:q", "set p:q Hello ex 60"]);
  // An empty template is none; one for streams is there.
  expect(textOf(await ask(host, question("q")))).toBe("Hello");
  expect((await ask(host, question("q", { stream: true }))).text()).toBe("data:Hello");
  await host.close();
});

describe("templates", () => {
  const NEW = { responseTemplate: '{"new":"%s"}', streamResponseTemplate: "data:new %s\n\n" };

  test.each<[old: object, document: string, events: string]>([
    [
      { returnResponseTemplate: '{"old":"%s"}', returnStreamResponseTemplate: "data:old %s\n\n" },
      '{"old":"Hello"}',
      "data:old Hello\n\n",
    ],
    [{ returnResponseTemplate: '{"old":"%s"}' }, '{"old":"Hello"}', "data:new Hello\n\n"],
    [{ returnStreamResponseTemplate: "data:old %s\n\n" }, '{"new":"Hello"}', "data:old Hello\n\n"],
    [
      { returnResponseTemplate: "", returnStreamResponseTemplate: "" },
      '{"new":"Hello"}',
      "data:new Hello\n\n",
    ],
  ])("%j before the new names, unless it is empty", async (old, document, events) => {
    const { host } = await higress({ ...PEER, ...NEW, ...old });
    await ask(host, question("q"));
    expect((await ask(host, question("q"))).text()).toBe(document);
    expect((await ask(host, question("q", { stream: true }))).text()).toBe(events);
    await host.close();
  });
});

describe("the prefix of keys and their lifetime", () => {
  test.each<[what: string, config: object, expected: string]>([
    [
      "beside redis",
      { redis: REDIS, cacheKeyPrefix: "top:", cacheTTL: 60 },
      "set top:q Hello ex 60",
    ],
    ["of redis", { redis: { ...REDIS, cacheKeyPrefix: "own:" } }, "set own:q Hello"],
    [
      "of both: the prefix of redis, the lifetime beside it",
      {
        redis: { ...REDIS, cacheKeyPrefix: "own:", cacheTTL: 9 },
        cacheKeyPrefix: "top:",
        cacheTTL: 60,
      },
      "set own:q Hello ex 60",
    ],
    [
      "of redis, empty",
      { redis: { ...REDIS, cacheKeyPrefix: "" }, cacheKeyPrefix: "top:" },
      "set q Hello",
    ],
    [
      "beside cache: nobody reads them",
      { ...PEER, cacheKeyPrefix: "top:", cacheTTL: 60 },
      "set higress-ai-cache:q Hello",
    ],
    [
      "of cache beside redis: nobody reads it",
      { cache: { ...PEER.cache, cacheKeyPrefix: "cache:", cacheTTL: 5 }, redis: REDIS },
      "set higress-ai-cache:q Hello",
    ],
  ])("%s", async (_what, config, expected) => {
    const { host, redis } = await higress(config);
    await ask(host, question("q"));
    expect(words(redis.commands).at(-1)).toBe(expected);
    await host.close();
  });
});

describe("paths in objects", () => {
  test.each(["requestBody", "responseBody"])("%s", async (member) => {
    const config = {
      redis: REDIS,
      cacheKeyFrom: { [member]: "messages.0.content" },
      cacheValueFrom: { [member]: "object" },
      cacheStreamValueFrom: { [member]: "choices.0.finish_reason" },
    };
    const { host, redis } = await higress(config);
    await ask(host, JSON.stringify({ messages: [{ content: "first" }, { content: "last" }] }));
    expect(redis.commands.at(-1)).toEqual(["set", "higress-ai-cache:first", "chat.completion"]);
    await host.close();
    const other = await higress(config, { clusters: { backend: stream() } });
    await ask(other.host, question("q", { stream: true }));
    expect(other.redis.commands.at(-1)).toEqual(["set", "higress-ai-cache:q", "stop"]);
    await other.host.close();
  });

  test("a stream's default path spelled out", async () => {
    const cacheStreamValueFrom = { responseBody: "choices.0.delta.content" };
    const config = { redis: REDIS, cacheStreamValueFrom };
    const { host } = await higress(config, { clusters: { backend: stream() } });
    await ask(host, question("q", { stream: true }));
    const reply = await ask(host, question("q", { stream: true }));
    expect([isHit(reply), textOf(reply)]).toEqual([true, "Hello"]);
    await host.close();
  });
});

describe("hashKey: false over HTTP: keys as Higress has them", () => {
  const QUESTION = "How tall is/was it?";
  const raw = `higress-ai-cache:${QUESTION}`;
  const HTTP = { type: "redis-http", cluster: "rest", cacheTTL: 0 };

  test.each<[dialect: string, get: string, set: string]>([
    ["upstash", JSON.stringify(["get", raw]), JSON.stringify(["set", raw, "Hello"])],
    ["webdis", `get/${encodeURIComponent(raw)}.raw`, `set/${encodeURIComponent(raw)}/Hello`],
  ])("%s", async (dialect, get, set) => {
    const rest = upstream().handle(() => ({ status: 200, body: '{"result":null}' }));
    const cacheKeyPartition = ["consumer"];
    const config = { cache: { ...HTTP, dialect }, hashKey: false, cacheKeyPartition };
    const host = await gateway(config, { clusters: { rest } });
    await ask(host, question(QUESTION));
    const calls = rest.requests.map(({ body }) => body);
    expect(calls.map((body) => body.toLowerCase())).toEqual(
      [get, set].map((body) => body.toLowerCase()),
    );
    // A request that has something of the partition has none that can be read.
    await ask(host, question(QUESTION), { "x-mse-consumer": "alice" });
    expect(rest.requests.at(-1)?.body).toMatch(/higress-ai-cache(:|%3a)v1(:|%3a)[0-9a-f]{64}/i);
    await host.close();
  });
});
