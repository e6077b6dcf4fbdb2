import { redis, upstream } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import {
  answer,
  answerWith,
  byHeader,
  chat,
  GLOBAL,
  higress,
  JSON_TYPE,
  K1,
  load,
  logged,
  PEER,
  REDIS_CLUSTER,
  resp,
  sent,
  sse,
  SSE_TYPE,
  stored,
  TWO,
} from "./support.js";

// What the peer charges after an answer, and what it tells Higress.

describe("what is charged", () => {
  const BODIES: [string, string, Record<string, string>, number | null][] = [
    ["OpenAI", answer(10, 5), JSON_TYPE, 15],
    [
      "an OpenAI stream",
      sse(
        { usage: null },
        { usage: { prompt_tokens: 7, completion_tokens: 8, total_tokens: 15 } },
        "[DONE]",
      ),
      SSE_TYPE,
      15,
    ],
    [
      "OpenAI responses",
      '{"usage":{"input_tokens":3,"output_tokens":4,"total_tokens":7}}',
      JSON_TYPE,
      7,
    ],
    [
      "a responses stream",
      sse({
        type: "response.completed",
        response: { usage: { input_tokens: 3, output_tokens: 9, total_tokens: 12 } },
      }),
      SSE_TYPE,
      12,
    ],
    ["embeddings", '{"usage":{"prompt_tokens":8,"total_tokens":8}}', JSON_TYPE, 8],
    [
      "Anthropic: no cache tokens",
      '{"usage":{"input_tokens":3,"output_tokens":4,"cache_read_input_tokens":100}}',
      JSON_TYPE,
      7,
    ],
    [
      "an Anthropic stream",
      sse(
        { message: { usage: { input_tokens: 25, output_tokens: 1 } } },
        { usage: { output_tokens: 15 } },
      ),
      SSE_TYPE,
      40,
    ],
    [
      "Gemini: no thoughts",
      '{"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":6,"thoughtsTokenCount":50,"totalTokenCount":61}}',
      JSON_TYPE,
      11,
    ],
    ["a total of its own: 0", '{"usage":{"total_tokens":9}}', JSON_TYPE, 0],
    [
      "numbers as text",
      '{"usage":{"prompt_tokens":"3","completion_tokens":"4","total_tokens":"7"}}',
      JSON_TYPE,
      7,
    ],
    ["a total of 0", answer(0, 0), JSON_TYPE, null],
    ["no usage", '{"model":"m"}', JSON_TYPE, null],
    ["no JSON", "hello", { "content-type": "text/plain" }, null],
    ["octets", answer(10, 5), { "content-type": "application/octet-stream" }, null],
    ["gRPC", answer(10, 5), { "content-type": "application/grpc+proto" }, null],
    ["compressed", answer(10, 5), { ...JSON_TYPE, "content-encoding": "gzip" }, null],
    [
      "identity is no compression",
      answer(10, 5),
      { ...JSON_TYPE, "content-encoding": "identity" },
      15,
    ],
  ];

  test.each(BODIES)("%s", async (_what, body, headers, tokens) => {
    const { host, redis } = await higress(TWO, {
      clusters: { backend: upstream().reply(200, { body, headers }) },
    });
    expect((await chat(host, { "x-api-key": "k1" })).text()).toBe(body);
    const charges = sent(redis).filter((words) => words.startsWith("eval B"));
    expect(charges).toEqual(
      tokens === null ? [] : [`eval B 2 ${GLOBAL} ${K1} 1000 60 ${tokens} 200 60 ${tokens}`],
    );
    await host.close();
  });

  test.each([400, 500])("usage in a %i counts too", async (status) => {
    const { host, redis } = await higress(TWO, {
      clusters: { backend: upstream().reply(status, { body: answer(1, 2), headers: JSON_TYPE }) },
    });
    await chat(host, { "x-api-key": "k1" });
    expect(stored(redis, K1)).toBe("3");
    await host.close();
  });

  test.each([
    [101, "an upgrade is not read; the check still runs", []],
    [200, "a request for an upgrade alone does not make an answer free", [15]],
  ])("%i: %s", async (status, _what, charged) => {
    const { host, redis } = await higress(TWO, {
      clusters: {
        backend: upstream().reply(status, { body: answer(10, 5), headers: JSON_TYPE }),
      },
    });
    const headers = { "x-api-key": "k1", connection: "UPGRADE", upgrade: "WebSocket" };
    await chat(host, headers);
    expect(sent(redis)).toEqual([
      `eval A 2 ${GLOBAL} ${K1} 1000 60 200 60`,
      ...charged.map((tokens) => `eval B 2 ${GLOBAL} ${K1} 1000 60 ${tokens} 200 60 ${tokens}`),
    ]);
    await host.close();
  });

  test("a key over its limit is not charged, the other one is; the window stays", async () => {
    const { host, redis } = await higress(TWO, {
      clusters: {
        backend: upstream().handle(() => {
          redis.command("set", K1, "300");
          redis.command("expire", K1, "9");
          return { status: 200, body: answer(10, 5), headers: JSON_TYPE };
        }),
      },
    });
    await chat(host, { "x-api-key": "k1" });
    expect([stored(redis, GLOBAL), stored(redis, K1)]).toEqual(["15", "300"]);
    await host.close();
  });

  test("two rules with one counter charge it twice, as the peer; dedupe_keys does not", async () => {
    const rule_items = [byHeader("k1", 200), byHeader("k1", 100)];
    const { host, redis } = await higress({ ...PEER, rule_items });
    await chat(host, { "x-api-key": "k1" });
    expect(sent(redis)).toEqual([
      `eval A 2 ${K1} ${K1} 200 60 100 60`,
      `eval B 2 ${K1} ${K1} 200 60 15 100 60 15`,
    ]);
    await host.close();
    const deduped = await higress({ ...PEER, rule_items, dedupe_keys: true });
    await chat(deduped.host, { "x-api-key": "k1" });
    expect(sent(deduped.redis)).toEqual([`eval A 1 ${K1} 100 60`, `eval B 1 ${K1} 100 60 15`]);
    await deduped.host.close();
  });
});

describe("Higress is told", () => {
  test("to keep the route, and the id of the request", async () => {
    const { host } = await higress(TWO);
    const reply = await chat(host, { "x-request-id": "id-1" });
    const text = (key: string): string => Buffer.from(reply.filterState[key] ?? []).toString();
    expect([text("clear_route_cache"), text("x_request_id")]).toEqual(["off", "id-1"]);
    await host.close();
  });

  test.each<[string, object, object]>([
    [
      "0 is as good as nothing",
      { service_port: 0, timeout: 0, database: 0 },
      { username: "", password: "", database: 0, timeoutMs: 1000 },
    ],
    [
      "everything",
      { service_port: "6379", username: "u", password: 5, timeout: "50", database: 3.9 },
      { username: "u", password: "5", database: 3, timeoutMs: 50 },
    ],
  ])("how to log in, although a later field is wrong: %s", async (_what, fields, expected) => {
    const server = redis();
    const logins: object[] = [];
    const told = server.configured.bind(server);
    server.configured = (env, login) => {
      logins.push({ ...login });
      told(env, login);
    };
    const block = { service_name: "redis.dns", ...fields };
    const clusters = { [REDIS_CLUSTER]: server };
    const { accepted, lines } = await load({ rule_name: "r", redis: block }, { clusters });
    expect([accepted, lines[0]]).toEqual([false, "info redis init successfully"]);
    expect(logins[0]).toEqual(expected);
  });

  test("a cluster it does not know is no error of the configuration", async () => {
    const { host } = await higress({ ...TWO, redis: { service_name: "nowhere.dns" } });
    expect(logged(host).slice(0, 2)).toEqual([
      "warn failed to init redis: error status returned by host: bad argument, will retry later",
      "error redis init failed, will try later",
    ]);
    expect((await chat(host)).status).toBe(200);
    await host.close();
  });
});

describe("match_mode first: what Higress did before 2.2.4", () => {
  const OLD = { ...PEER, match_mode: "first" };
  const PLAIN = "higress-token-ratelimit:r:limit_by_header:60:x-api-key:k1";

  test("the first rule alone, one flat triple, no braces", async () => {
    const rule_items = [
      byHeader("k1", 200),
      { limit_by_per_header: "x-api-key", limit_keys: [{ key: "*", token_per_minute: 5 }] },
    ];
    const { host, redis } = await higress({ ...OLD, rule_items });
    await chat(host, { "x-api-key": "k1" });
    expect(sent(redis)).toEqual([`eval A-flat 1 ${PLAIN} 200 60`, `eval B 1 ${PLAIN} 200 60 15`]);
    await host.close();
  });

  test("of several windows the shortest alone", async () => {
    const windows = { ...OLD, rule_items: [byHeader("k1", 200, { token_per_hour: 5 })] };
    const { host, redis } = await higress(windows);
    await chat(host, { "x-api-key": "k1" });
    expect(sent(redis)).toEqual([`eval A-flat 1 ${PLAIN} 200 60`, `eval B 1 ${PLAIN} 200 60 15`]);
    await host.close();
    const global_threshold = { token_per_hour: 5, token_per_minute: 9 };
    const everybody = await higress({ ...OLD, global_threshold });
    await chat(everybody.host);
    const key = "higress-token-ratelimit:r:global_threshold:60";
    expect(sent(everybody.redis)).toEqual([`eval A-flat 1 ${key} 9 60`, `eval B 1 ${key} 9 60 15`]);
    await everybody.host.close();
  });

  test("a flat triple over its limit refuses", async () => {
    const { host, redis } = await higress({ ...OLD, rule_items: [byHeader("k1", 200)] });
    answerWith(redis, resp([200, 201, 8]));
    const reply = await chat(host, { "x-api-key": "k1" });
    expect([reply.status, reply.headers.get("x-tokenratelimit-reset")]).toEqual([429, "8"]);
    await host.close();
  });

  test("another answer passes, with the words of that time", async () => {
    const { host, redis } = await higress({ ...OLD, rule_items: [byHeader("k1", 200)] });
    answerWith(redis, resp([200, 201]));
    expect((await chat(host, { "x-api-key": "k1" })).status).toBe(200);
    expect(logged(host).join()).toContain("error redis response parse error, response: ");
    await host.close();
  });

  test("eleven rules are fine", async () => {
    const rule_items = Array.from({ length: 11 }, (_, i) => byHeader(`k${i}`, 200));
    const { host } = await higress({ ...OLD, rule_items });
    await host.close();
  });
});

test("the cluster's name follows from service and port", async () => {
  const { host } = await higress(
    { ...TWO, redis: { service_name: "redis.static" } },
    { clusters: { "outbound|80||redis.static": (await higress(TWO)).redis } },
  );
  expect(logged(host)[0]).toBe("info redis init successfully");
  await host.close();
});
