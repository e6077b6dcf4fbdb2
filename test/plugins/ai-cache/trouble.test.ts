import { upstream, type Host, type Redis } from "proxy-wasm-test";
import { expect, test } from "vitest";
import {
  aiCache,
  ask,
  completion,
  gateway,
  higress,
  JSON_TYPE,
  PEER,
  question,
} from "./support.js";

// A store or a database that fails is told of in the log: once in a while, and without anybody's words.

const errors = (host: Host): string[] =>
  host.logs.filter(({ level }) => level === "error").map(({ text }) => text.replace(/^.*\] /, ""));

test.each<[NonNullable<Parameters<Redis["fail"]>[0]>, string]>([
  ["drop", "exact cache: store: cannot connect to redis cluster"],
  [{ error: "LOADING Redis is loading" }, "exact cache: store: LOADING Redis is loading"],
  [
    { error: "ERR unknown command 'get', with args beginning with: 'higress-ai-cache:secret'" },
    "exact cache: store: ERR unknown command",
  ],
])("Redis, %j: one line in ten seconds", async (failure, line) => {
  const { host, redis } = await higress(PEER);
  const fail = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      redis.mend().fail(failure);
      await ask(host, question("secret"));
    }
  };
  await fail(4);
  expect(errors(host)).toEqual([line]);
  await host.clock.advance(10_000);
  await fail(2);
  expect(errors(host)).toEqual([line, line]);
  await host.close();
});

test("an answer that Redis does not take is told of, and not counted as stored", async () => {
  const { host, redis } = await higress(PEER);
  await ask(host, question("q"));
  expect(host.metrics.all["ai_cache_store"]).toBe(1);
  redis.fail({ resp: "$-1\r\n" }).fail({ error: "OOM command not allowed" });
  await ask(host, question("other"));
  expect(host.metrics.all).toMatchObject({ ai_cache_store: 1, ai_cache_backend_error: 1 });
  expect(errors(host)).toEqual(["exact cache: store: OOM command not allowed"]);
  await host.close();
});

test("a Redis that hangs is told of when a lookup has waited long enough", async () => {
  const { host, redis } = await higress({ ...PEER, lookupDeadlineMs: 500 });
  redis.fail("never");
  await ask(host, question("q"));
  expect(errors(host)).toEqual(["exact cache: store: no answer within lookupDeadlineMs"]);
  await host.close();
});

test.each([
  ["envoy", "memory", true, true, 1],
  ["envoy", "redis-http", true, true, 1],
  ["envoy", "redis-http", false, true, 1],
  ["envoy", "redis-http", true, false, 1],
  ["envoy", "redis-http", false, false, 0],
  ["higress", "memory", true, true, 1],
  ["higress", "redis-http", true, true, 1],
  ["higress", "redis-http", false, true, 1],
  ["higress", "redis-http", false, false, 0],
])(
  "%s: an answer that %s takes: %j, and the database: %j, counts %i",
  async (build, type, ...is) => {
    const [storeTakes, databaseTakes, stored] = is;
    const answer = (takes: boolean, body: string): { status: number; body: string } =>
      takes ? { status: 200, body } : { status: 500, body: "{}" };
    const config = {
      cache: type === "memory" ? { type } : { type, cluster: "store" },
      enableSemanticCache: true,
      embedding: { type: "ollama", cluster: "embedding" },
      vector: { type: "chroma", cluster: "vectors", collectionID: "c", threshold: 1 },
    };
    const vectors = upstream().handle(({ path }) =>
      path.includes("query") ? answer(true, '{"ids":[[]]}') : answer(databaseTakes, "true"),
    );
    const store = upstream().handle(({ body }) => {
      const isGet = body.toString().startsWith('["get"');
      return isGet ? answer(true, '{"result":null}') : answer(storeTakes, '{"result":"OK"}');
    });
    const embedding = upstream().reply(200, { headers: JSON_TYPE, body: '{"embeddings":[[1,2]]}' });
    const host = await gateway(config, {
      clusters: { embedding, vectors, store },
      profile: build === "envoy" ? "envoy-1.40" : "higress-2.2",
      plugins: [aiCache(config, { wasm: `build/${build}/ai-cache.wasm` })],
    });
    for (let i = 0; i < 2; i++) await ask(host, question(`q${i}`));
    expect(vectors.requests).toHaveLength(4);
    expect(host.metrics.all["ai_cache_store"] ?? 0).toBe(2 * stored);
    await host.close();
  },
);

test.each<[string, number, string, string | null]>([
  ["chroma", 500, '{"error":"no"}', "status 500"],
  ["milvus", 200, '{"code":1100,"message":"it hurts"}', "code 1100"],
  ["milvus", 200, '{"code":0,"data":{}}', null],
  ["milvus", 200, '{"code":200,"data":{}}', null],
  ["chroma", 201, "true", null],
])("an upload to %s, answered with %i %s", async (type, status, body, cause) => {
  const config = {
    embedding: { type: "ollama", cluster: "embedding" },
    vector: { type, cluster: "vectors", collectionID: "c", threshold: 1 },
  };
  const vectors = upstream().handle(({ path }) =>
    /query|search/.test(path)
      ? { status: 200, headers: JSON_TYPE, body: '{"data":[],"ids":[[]]}' }
      : { status, headers: JSON_TYPE, body },
  );
  const embedding = upstream().reply(200, { headers: JSON_TYPE, body: '{"embeddings":[[1,2]]}' });
  const backend = upstream().reply(200, { headers: JSON_TYPE, body: completion("a") });
  const host = await gateway(config, { clusters: { embedding, vectors, backend } });
  for (let i = 0; i < 2; i++) await ask(host, question(`q${i}`));
  const { ai_cache_store = 0, ai_cache_backend_error = 0 } = host.metrics.all;
  expect([ai_cache_store, ai_cache_backend_error]).toEqual(cause === null ? [2, 0] : [0, 2]);
  expect(errors(host)).toEqual(cause === null ? [] : [`semantic cache: upload: ${cause}`]);
  await host.close();
});
