import { upstream, type ClientResponse, type Host, type Redis } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import {
  answer,
  byHeader,
  chat,
  countSeen,
  higress,
  JSON_TYPE,
  logged,
  PEER,
  REDIS_CLUSTER,
  sent,
  sse,
  SSE_TYPE,
  stored,
  withFlatReplies,
} from "./support.js";

// With a configuration of the peer, a gateway that fakes Redis sees what the peer would send.

const GLOBAL = "higress-token-ratelimit:{r}:global_threshold:60";
const K1 = "higress-token-ratelimit:{r}:limit_by_header:60:x-api-key:k1";
const TWO = {
  ...PEER,
  global_threshold: { token_per_minute: 1000 },
  rule_items: [byHeader("k1", 200)],
};

/** Redis' answer to the next command. */
function answerWith(redis: Redis, resp: string): void {
  redis.fail({ error: "" });
  const queue = (redis as unknown as { failures: Uint8Array[] }).failures;
  queue[queue.length - 1] = Buffer.from(resp);
}

/** RESP text of a value. */
function resp(value: unknown): string {
  if (Array.isArray(value)) return `*${value.length}\r\n${value.map(resp).join("")}`;
  if (typeof value === "number") return `:${value}\r\n`;
  if (typeof value === "string") return `$${value.length}\r\n${value}\r\n`;
  return "$-1\r\n";
}

const REJECTED = "via_wasm::token-rate-limit::ai-token-ratelimit.rejected";

describe("the two commands of a request", () => {
  test("one EVAL before and one after, global first, one script each", async () => {
    const { host, redis } = await higress(TWO);
    expect((await chat(host, { "x-api-key": "k1" })).status).toBe(200);
    expect(sent(redis)).toEqual([
      `eval A 2 ${GLOBAL} ${K1} 1000 60 200 60`,
      `eval B 2 ${GLOBAL} ${K1} 1000 60 15 200 60 15`,
    ]);
    expect([stored(redis, GLOBAL), stored(redis, K1)]).toEqual(["15", "15"]);
    await host.close();
  });

  test("the request is held with action 4 until Redis has answered", async () => {
    const { host, redis } = await higress(TWO);
    redis.after(20);
    const stream = host.stream("POST /v1/chat/completions", {
      headers: { "x-api-key": "k1", "content-length": "2" },
    });
    expect(await stream.headers()).toMatchObject({
      paused: true,
      action: "StopAllIterationAndWatermark",
    });
    expect(countSeen(host)).toBe(0);
    await stream.data("{}", { end: true });
    await host.clock.advance(20);
    expect((await stream.response()).status).toBe(200);
    await host.close();
  });

  test("no rule matches: nothing is asked, nothing is charged, action 0", async () => {
    const { host, redis } = await higress({ ...PEER, rule_items: [byHeader("k1", 200)] });
    const stream = host.stream("POST /v1/chat/completions", { headers: { "x-api-key": "other" } });
    expect(await stream.headers({ end: true })).toMatchObject({ paused: false });
    expect((await stream.response()).status).toBe(200);
    expect(sent(redis)).toEqual([]);
    await host.close();
  });

  test("a command that cannot be sent lets the request pass, and is not waited for", async () => {
    const { host, redis } = await higress(TWO);
    redis.noEndpoints();
    expect((await chat(host, { "x-api-key": "k1" })).status).toBe(200);
    expect(sent(redis)).toEqual([]);
    expect(logged(host)).toContain(
      "error redis call failed: error status returned by host: internal failure",
    );
    await host.close();
  });

  test("redis comes back while the upstream answers: the response is charged", async () => {
    const { host, redis } = await higress(TWO, {
      clusters: {
        backend: upstream().handle(() => {
          redis.hasEndpoints = true;
          return { status: 200, body: answer(10, 5), headers: JSON_TYPE };
        }),
      },
    });
    redis.noEndpoints();
    await chat(host, { "x-api-key": "k1" });
    expect(sent(redis)).toEqual([`eval B 2 ${GLOBAL} ${K1} 1000 60 15 200 60 15`]);
    await host.close();
  });
});

describe("how the answer is judged", () => {
  const cases: [string, unknown, number, string | null, string[]][] = [
    [
      "below the limit",
      [
        [1000, 10, 5],
        [200, 10, 5],
      ],
      200,
      null,
      [],
    ],
    [
      "at the limit",
      [
        [1000, 1000, 5],
        [200, 200, 7],
      ],
      200,
      null,
      [],
    ],
    [
      "global is passed",
      [
        [1000, 1001, 5],
        [200, 10, 7],
      ],
      429,
      "5",
      [],
    ],
    [
      "an item is passed",
      [
        [1000, 10, 5],
        [200, 201, 7],
      ],
      429,
      "7",
      [],
    ],
    [
      "both: the first one's ttl",
      [
        [1000, 1001, 3],
        [200, 201, 7],
      ],
      429,
      "3",
      [],
    ],
    [
      "the limit of the reply counts",
      [
        [5, 6, 9],
        [200, 0, 7],
      ],
      429,
      "9",
      [],
    ],
    [
      "a reply with larger limits",
      [
        [9999, 1001, 9],
        [9999, 999, 7],
      ],
      200,
      null,
      [],
    ],
    [
      "numbers as text",
      [
        ["1000", "1001", "4"],
        [200, 0, 7],
      ],
      429,
      "4",
      [],
    ],
    [
      "text that is no number is 0",
      [
        ["x", "1", "4"],
        [200, 0, 7],
      ],
      429,
      "4",
      [],
    ],
    [
      "too few triples",
      [[1000, 1001, 5]],
      200,
      null,
      ["error redis response length mismatch: got 1, want 2"],
    ],
    [
      "too many triples",
      [
        [1000, 1001, 5],
        [200, 0, 7],
        [1, 2, 3],
      ],
      200,
      null,
      ["error redis response length mismatch: got 3, want 2"],
    ],
    ["no list", 7, 200, null, ["error redis response length mismatch: got 0, want 2"]],
    ["null", null, 200, null, ["error redis response length mismatch: got 0, want 2"]],
    [
      "a damaged counter first: nobody looks further",
      [[1000], [200, 201, 7]],
      200,
      null,
      ["error redis sub-array length mismatch: got 1, want 3"],
    ],
    ["a damaged counter behind the one that denies", [[1000, 1001, 6], [200]], 429, "6", []],
    [
      "a list that is no triple",
      [
        [1000, 1001, 6, 1],
        [200, 0, 7],
      ],
      200,
      null,
      ["error redis sub-array length mismatch: got 4, want 3"],
    ],
  ];

  test.each(cases)("%s", async (_what, reply, status, reset, lines) => {
    const { host, redis } = await higress(TWO);
    answerWith(redis, resp(reply));
    const got = await chat(host, { "x-api-key": "k1" });
    expect([got.status, got.headers.get("x-tokenratelimit-reset")]).toEqual([status, reset]);
    expect(countSeen(host)).toBe(status === 200 ? 1 : 0);
    expect(logged(host).filter((line) => line.startsWith("error"))).toEqual(lines);
    await host.close();
  });

  test.each<[string, (redis: Redis) => void]>([
    ["an error", (redis) => redis.fail({ error: "ERR no" })],
    ["WRONGTYPE", (redis) => redis.fail({ error: "WRONGTYPE Operation against a key" })],
    ["a lost connection", (redis) => redis.fail("drop")],
    ["no answer in time", (redis) => redis.fail("never")],
  ])("%s counts as no triples, and passes", async (_what, prepare) => {
    const { host, redis } = await higress(TWO);
    prepare(redis);
    expect((await chat(host, { "x-api-key": "k1" })).status).toBe(200);
    expect(logged(host)).toContain("error redis response length mismatch: got 0, want 2");
    await host.close();
  });

  test("the client leaves while Redis thinks: its answer is not missed", async () => {
    const { host, redis } = await higress(TWO);
    redis.after(20);
    const stream = host.stream("POST /", { headers: { "x-api-key": "k1", "content-length": "2" } });
    await stream.headers();
    await stream.abort();
    await host.clock.advance(50);
    expect(sent(redis)).toHaveLength(1);
    await host.close();
  });
});

describe("a refusal", () => {
  async function refused(config: object): Promise<{ host: Host; reply: ClientResponse }> {
    const { host, redis } = await higress({ ...TWO, ...config });
    redis.command("set", K1, "201");
    redis.command("expire", K1, "42");
    const reply = await chat(host, { "x-api-key": "k1", "x-mse-consumer": "c1" });
    await host.close();
    return { host, reply };
  }

  test("is 429 with one header, the peer's text and details", async () => {
    const { reply } = await refused({});
    expect([reply.status, reply.text(), reply.details]).toEqual([
      429,
      "Too many requests",
      REJECTED,
    ]);
    const own = [...reply.headers].filter(
      ([name]) => !/^(content-|connection|date|server|x-envoy)/.test(name),
    );
    expect(own).toEqual([["x-tokenratelimit-reset", "42"]]);
    expect(reply.headers.get("content-type")).toBe("text/plain");
  });

  test.each<[string, object, number, string]>([
    ["code and text", { rejected_code: 403, rejected_msg: "no" }, 403, "no"],
    ["a code as text", { rejected_code: "503" }, 503, "Too many requests"],
    ["a code with a fraction", { rejected_code: 430.9 }, 430, "Too many requests"],
    ["an empty text", { rejected_msg: "" }, 429, ""],
    ["null as text", { rejected_msg: null }, 429, ""],
    ["a number as text", { rejected_msg: 1.5 }, 429, "1.5"],
    ["no status of a response: 429", { rejected_code: "abc" }, 429, "Too many requests"],
  ])("%s", async (_what, config, status, text) => {
    const { reply } = await refused(config);
    expect([reply.status, reply.text()]).toEqual([status, text]);
  });

  test("is written into ai_log and counted once", async () => {
    const { host, reply } = await refused({});
    const log = Buffer.from(reply.filterState["ai_log"] ?? []).toString();
    expect(log).toBe('{\\"token_ratelimit_status\\":\\"limited\\"}');
    const counters = Object.entries(host.metrics.all).filter(([name]) =>
      name.includes("ratelimit"),
    );
    expect(counters).toEqual([
      [
        expect.stringMatching(
          /^route\..+\.upstream\..+\.model\.none\.consumer\.c1\.metric\.token_ratelimit_count$/,
        ),
        1,
      ],
    ]);
  });

  test("keeps what another plugin wrote into ai_log", async () => {
    const { host, redis } = await higress(TWO, {
      plugins: [
        {
          name: "before",
          native: {
            requestHeaders: (_headers, _end, control) =>
              control.setFilterState("ai_log", '{\\"model\\":\\"a \\\\\\"b\\\\\\"\\",\\"z\\":1}'),
          },
        },
        {
          name: "token-rate-limit",
          wasm: "build/higress/token-rate-limit.wasm",
          config: JSON.stringify(TWO),
        },
      ],
    });
    redis.command("set", GLOBAL, "1001");
    const reply = await chat(host);
    expect(Buffer.from(reply.filterState["ai_log"] ?? []).toString()).toBe(
      '{\\"model\\":\\"a \\\\\\"b\\\\\\"\\",\\"token_ratelimit_status\\":\\"limited\\",\\"z\\":1}',
    );
    await host.close();
  });

  test("charges nothing", async () => {
    const { host, redis } = await higress(TWO);
    redis.command("set", K1, "201");
    await chat(host, { "x-api-key": "k1" });
    expect(sent(redis)).toEqual([`eval A 2 ${GLOBAL} ${K1} 1000 60 200 60`]);
    expect(stored(redis, GLOBAL)).toBeNull();
    await host.close();
  });
});

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

  test("how to log in, before a later field is found wrong", async () => {
    const redis = {
      service_name: "redis.dns",
      service_port: 0,
      username: "u",
      password: "p",
      database: 3,
      timeout: 0,
    };
    const { host } = await higress({ ...TWO, redis });
    expect(logged(host)[0]).toBe("info redis init successfully");
    await host.close();
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
    await withFlatReplies(async () => {
      const rule_items = [
        byHeader("k1", 200),
        { limit_by_per_header: "x-api-key", limit_keys: [{ key: "*", token_per_minute: 5 }] },
      ];
      const { host, redis } = await higress({ ...OLD, rule_items });
      await chat(host, { "x-api-key": "k1" });
      expect(sent(redis)).toEqual([`eval A-flat 1 ${PLAIN} 200 60`, `eval B 1 ${PLAIN} 200 60 15`]);
      await host.close();
    });
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
  expect(REDIS_CLUSTER).toBe("outbound|6379||redis.dns");
  await host.close();
});
