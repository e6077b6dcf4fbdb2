import { upstream, type Redis } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { fnv } from "../../support/fnv.js";
import {
  answer,
  answerWith,
  byHeader,
  chat,
  countSeen,
  GLOBAL,
  higress,
  JSON_TYPE,
  K1,
  logged,
  PEER,
  resp,
  sent,
  stored,
  TWO,
} from "./support.js";

// With a configuration of the peer, a gateway that fakes Redis sees what the peer would send.

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

  // Where the configuration asks for more than the peer has: what can be read is judged first.
  const AFTER_DAMAGE: [string, string, object[], number][] = [
    ["closed", "one behind it denies", [[1000], [200, 201, 7]], 429],
    ["closed", "nobody else denies", [[1000], [200, 0, 7]], 503],
    ["local", "one behind it denies", [[1000], [200, 201, 7]], 429],
    ["local", "nobody else denies", [[1000], [200, 0, 7]], 200],
  ];

  test.each(AFTER_DAMAGE)(
    "fail_mode %s, a damaged counter, and %s",
    async (fail_mode, _what, reply, status) => {
      const { host, redis } = await higress({ ...TWO, fail_mode });
      answerWith(redis, resp(reply));
      expect((await chat(host, { "x-api-key": "k1" })).status).toBe(status);
      expect(countSeen(host)).toBe(status === 200 ? 1 : 0);
      expect(logged(host)).toContain(
        `warn damaged counter: global_threshold:60, key ~${fnv(GLOBAL)}`,
      );
      await host.close();
    },
  );

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
