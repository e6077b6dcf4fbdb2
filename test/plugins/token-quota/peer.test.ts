import { upstream, type ClientResponse, type Redis } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import {
  CHAT,
  JSON_TYPE,
  PEER,
  QUOTA,
  REDIS_CLUSTER,
  admin,
  answer,
  chat,
  countSeen,
  higress,
  stored,
} from "./support.js";

// With a configuration of the peer, a gateway that fakes Redis sees what the peer would send.

/** What a request made the plugin send to Redis. */
async function commands(redis: Redis, run: () => Promise<ClientResponse>): Promise<string[]> {
  const from = redis.commands.length;
  await run();
  return redis.commands.slice(from).map((words) => words.join(" "));
}

describe("a metered request", () => {
  test.each<[string, (redis: Redis) => void, number]>([
    ["1 passes", (redis) => redis.command("set", "chat_quota:alice", "1"), 200],
    ["0 is refused", (redis) => redis.command("set", "chat_quota:alice", "0"), 403],
    ["a negative one is refused", (redis) => redis.command("set", "chat_quota:alice", "-1"), 403],
    ["none is refused", () => undefined, 403],
    ["text is refused", (redis) => redis.command("set", "chat_quota:alice", "many"), 403],
    ["1.5 is refused", (redis) => redis.command("set", "chat_quota:alice", "1.5"), 403],
    ["an error is refused", (redis) => redis.fail({ error: "ERR no" }), 403],
    ["a lost connection is refused", (redis) => redis.fail("drop"), 403],
    ["no answer in time is refused", (redis) => redis.fail("never"), 403],
  ])("asks once for the balance: %s", async (_what, prepare, status) => {
    const { host, redis } = await higress(PEER);
    prepare(redis);
    const sent = await commands(redis, async () => {
      const reply = await chat(host, "alice");
      expect(reply.status).toBe(status);
      if (status === 403) {
        expect(reply.details).toBe("via_wasm::token-quota::ai-quota.noquota");
        expect(reply.headers.get("content-type")).toBe("text/plain");
        expect(reply.text()).toBe("Request denied by ai quota check, No quota left");
      }
      return reply;
    });
    const charged = status === 200 ? ["decrby chat_quota:alice 15"] : [];
    expect(sent).toEqual(["get chat_quota:alice", ...charged]);
    expect(countSeen(host)).toBe(status === 200 ? 1 : 0);
    await host.close();
  });

  test("is held with action 4 until Redis has answered", async () => {
    const { host, redis } = await higress(PEER);
    redis.command("set", "chat_quota:alice", "5");
    redis.after(20);
    const stream = host.stream(`POST ${CHAT}`, {
      headers: { "x-mse-consumer": "alice", "content-length": "2" },
    });
    expect(await stream.headers()).toMatchObject({
      paused: true,
      action: "StopAllIterationAndWatermark",
    });
    expect(countSeen(host)).toBe(0);
    await stream.data("{}", { end: true });
    await host.clock.advance(20);
    expect((await stream.response()).status).toBe(200);
    expect(stored(redis, "chat_quota:alice")).toBe("-10");
    await host.close();
  });

  test("passes no request when the command cannot be sent, and never hangs", async () => {
    const { host, redis } = await higress(PEER);
    redis.command("set", "chat_quota:alice", "5");
    redis.noEndpoints();
    const reply = await chat(host, "alice");
    expect([reply.status, reply.details]).toEqual([403, "via_wasm::token-quota::ai-quota.noquota"]);
    expect(countSeen(host)).toBe(0);
    await host.close();
  });

  test.each<[string, string, string, string[]]>([
    ["usage", answer(3, 4), "200", ["decrby chat_quota:alice 7"]],
    ["usage in an error", answer(3, 4), "400", ["decrby chat_quota:alice 7"]],
    ["no usage", '{"model":"m"}', "200", []],
    ["usage of 0", answer(0, 0), "200", []],
    [
      "a total, but neither input nor output",
      '{"usage":{"total_tokens":9}}',
      "200",
      ["decrby chat_quota:alice 0"],
    ],
    ["no JSON", "hello", "200", []],
  ])("charges input and output of a response once: %s", async (_what, body, status, charged) => {
    const { host, redis } = await higress(PEER, {
      clusters: { backend: upstream().reply(Number(status), { body, headers: JSON_TYPE }) },
    });
    redis.command("set", "chat_quota:alice", "5");
    const sent = await commands(redis, () => chat(host, "alice"));
    expect(sent).toEqual(["get chat_quota:alice", ...charged]);
    await host.close();
  });

  test.each([
    [101, "nothing of an upgrade", []],
    [200, "an answer that only a request for an upgrade got", ["decrby chat_quota:alice 15"]],
  ])("charges with %i %s", async (status, _what, charged) => {
    const { host, redis } = await higress(PEER, {
      clusters: {
        backend: upstream().reply(status, { body: answer(10, 5), headers: JSON_TYPE }),
      },
    });
    redis.command("set", "chat_quota:alice", "5");
    const headers = { connection: "upgrade", upgrade: "websocket" };
    const sent = await commands(redis, () => chat(host, "alice", headers));
    expect(sent).toEqual(["get chat_quota:alice", ...charged]);
    await host.close();
  });

  test("charges a key that is gone meanwhile into the negative", async () => {
    const { host, redis } = await higress(PEER);
    redis.command("set", "chat_quota:alice", "5");
    const stream = host.stream(`POST ${CHAT}`, {
      headers: { "x-mse-consumer": "alice", "content-length": "2" },
    });
    await stream.headers();
    redis.command("del", "chat_quota:alice");
    await stream.data("{}", { end: true });
    await stream.response();
    expect(stored(redis, "chat_quota:alice")).toBe("-15");
    await host.close();
  });
});

describe("admin calls", () => {
  /** The call, and what the peer sends and answers. */
  const cases: [string, string | undefined, string[], number, string, string][] = [
    ["?consumer=bob", undefined, ["get chat_quota:bob"], 200, "queryquota", '{"consumer":"bob","quota":7}'], // prettier-ignore
    ["?consumer=nobody", undefined, ["get chat_quota:nobody"], 200, "queryquota", '{"consumer":"nobody","quota":0}'], // prettier-ignore
    ["?consumer=a%20%3C%26%3E%22", undefined, ['get chat_quota:a <&>"'], 200, "queryquota", String.raw`{"consumer":"a \u003c\u0026\u003e\"","quota":0}`], // prettier-ignore
    ["?consumer=text", undefined, ["get chat_quota:text"], 200, "queryquota", '{"consumer":"text","quota":0}'], // prettier-ignore
    ["/refresh", "consumer=bob&quota=100", ["set chat_quota:bob 100"], 200, "refreshquota", "refresh quota successful"], // prettier-ignore
    ["/refresh", "consumer=bob&quota=-3", ["set chat_quota:bob -3"], 200, "refreshquota", "refresh quota successful"], // prettier-ignore
    ["/refresh", "consumer=b%6Fb&quota=%2B5", ["set chat_quota:bob 5"], 200, "refreshquota", "refresh quota successful"], // prettier-ignore
    ["/delta", "consumer=bob&value=5", ["incrby chat_quota:bob 5"], 200, "deltaquota", "delta quota successful"], // prettier-ignore
    ["/delta", "consumer=bob&value=0", ["incrby chat_quota:bob 0"], 200, "deltaquota", "delta quota successful"], // prettier-ignore
    ["/delta", "consumer=bob&value=-5", ["decrby chat_quota:bob 5"], 200, "deltaquota", "delta quota successful"], // prettier-ignore
    ["/delta", "consumer=text&value=1", ["incrby chat_quota:text 1"], 503, "error", "redis error:ERR value is not an integer or out of range"], // prettier-ignore
    // The first value of a name counts; a pair with `;` or a broken escape is none.
    ["?consumer=bob&consumer=eve", undefined, ["get chat_quota:bob"], 200, "queryquota", '{"consumer":"bob","quota":7}'], // prettier-ignore
    ["?consumer=e;ve&consumer=bob", undefined, ["get chat_quota:bob"], 200, "queryquota", '{"consumer":"bob","quota":7}'], // prettier-ignore
    ["/refresh", "consumer=%zz&consumer=bob&quota=1&quota=2", ["set chat_quota:bob 1"], 200, "refreshquota", "refresh quota successful"], // prettier-ignore
  ];

  test.each(cases)("%s %s", async (path, body, expected, status, label, text) => {
    const { host, redis } = await higress(PEER);
    redis.command("set", "chat_quota:bob", "7");
    redis.command("set", "chat_quota:text", "many");
    const sent = await commands(redis, async () => {
      const reply = await admin(host, path, body);
      expect([reply.status, reply.details, reply.text()]).toEqual([
        status,
        `via_wasm::token-quota::ai-quota.${label}`,
        text,
      ]);
      const isJson = label === "queryquota";
      expect(reply.headers.get("content-type")).toBe(isJson ? "application/json" : "text/plain");
      return reply;
    });
    expect(sent).toEqual(expected);
    expect(countSeen(host)).toBe(0);
    await host.close();
  });

  const PARAMETERS = "Request denied by ai quota check. consumer can't be empty";
  const refused: [string, string | undefined, string][] = [
    ["", undefined, `${PARAMETERS}.`],
    ["?consumer=", undefined, `${PARAMETERS}.`],
    ["?consumer=a;b", undefined, `${PARAMETERS}.`],
    ["/refresh", "consumer=bob", `${PARAMETERS} and quota must be integer.`],
    ["/refresh", "quota=5", `${PARAMETERS} and quota must be integer.`],
    ["/refresh", "consumer=bob&quota=1.5", `${PARAMETERS} and quota must be integer.`],
    ["/refresh", "consumer=bob&quota=+5", `${PARAMETERS} and quota must be integer.`],
    ["/refresh", "consumer=bob&quota=9223372036854775808", `${PARAMETERS} and quota must be integer.`], // prettier-ignore
    ["/refresh", '{"consumer":"bob","quota":5}', `${PARAMETERS} and quota must be integer.`],
    ["/delta", "consumer=bob&quota=5", `${PARAMETERS} and value must be integer.`],
    ["/delta", "consumer=&value=5", `${PARAMETERS} and value must be integer.`],
    ["/delta", "consumer=bob&value=0x5", `${PARAMETERS} and value must be integer.`],
    ["/delta", "", `${PARAMETERS} and value must be integer.`],
  ];

  test.each(refused)("%s %s is refused without a command", async (path, body, text) => {
    const { host, redis } = await higress(PEER);
    const sent = await commands(redis, async () => {
      const reply = await admin(host, path, body);
      expect([reply.status, reply.details, reply.text()]).toEqual([
        403,
        "via_wasm::token-quota::ai-quota.unauthorized",
        text,
      ]);
      return reply;
    });
    expect(sent).toEqual([]);
    await host.close();
  });

  test("the whole range of 64 bits can be set", async () => {
    const { host, redis } = await higress(PEER);
    for (const quota of ["9223372036854775807", "-9223372036854775808"]) {
      await admin(host, "/refresh", `consumer=bob&quota=${quota}`);
      expect(redis.commands.at(-1)).toEqual(["set", "chat_quota:bob", quota]);
    }
    await host.close();
  });

  test.each([
    ["?consumer=bob", undefined],
    ["/refresh", "consumer=bob&quota=1"],
    ["/delta", "consumer=bob&value=1"],
  ])("%s: errors of Redis are told in its own words", async (path, body) => {
    const { host, redis } = await higress(PEER);
    const failures: [() => void, string][] = [
      [() => redis.fail({ error: "ERR no" }), "redis error:ERR no"],
      [() => redis.fail("drop"), "redis error:cannot connect to redis cluster"],
      [() => redis.noEndpoints(), "redis error:error status returned by host: internal failure"],
    ];
    for (const [prepare, text] of failures) {
      prepare();
      const reply = await admin(host, path, body);
      expect([reply.status, reply.details, reply.text()]).toEqual([
        503,
        "via_wasm::token-quota::ai-quota.error",
        text,
      ]);
    }
    await host.close();
  });

  test("an unknown cluster is told too, where the peer says <nil>", async () => {
    const config = { ...PEER, redis: { service_name: "elsewhere.dns" } };
    const { host } = await higress(config);
    const reply = await admin(host, "/refresh", "consumer=bob&quota=1");
    expect(reply.text()).toBe("redis error:error status returned by host: bad argument");
    await host.close();
  });

  test("headers wait with action 1, bodies with action 1 while Redis is asked", async () => {
    const { host, redis } = await higress(PEER);
    redis.after(20);
    const query = host.stream(`GET ${QUOTA}?consumer=bob`, {
      headers: { "x-mse-consumer": "admin" },
    });
    expect(await query.headers({ end: true })).toMatchObject({ action: "StopIteration" });
    await host.clock.advance(20);
    expect((await query.response()).status).toBe(200);

    const refresh = host.stream(`POST ${QUOTA}/refresh`, {
      headers: { "x-mse-consumer": "admin" },
      framing: "chunked",
    });
    expect(await refresh.headers()).toMatchObject({ action: "StopIteration" });
    const first = await refresh.data("consumer=bob&");
    const last = await refresh.data("quota=3", { end: true });
    const actions = [...first.callbacks, ...last.callbacks].map(({ action }) => action);
    expect(new Set(actions)).toEqual(new Set(["StopIterationAndBuffer"]));
    await host.clock.advance(20);
    expect((await refresh.response()).status).toBe(200);
    await host.close();
  });
});

test("Redis is told how to connect when the plugin starts, and commands go to its cluster", async () => {
  const redisBlock = {
    service_name: "redis.dns",
    username: "user",
    password: "pass",
    database: 3,
    timeout: 50,
  };
  const { host, redis } = await higress({ ...PEER, redis: redisBlock, redis_key_prefix: "q/" });
  redis.fail("never");
  const reply = host.fetch(CHAT, { headers: { "x-mse-consumer": "alice" } });
  expect((await reply.advance(50)).status).toBe(403);
  expect(redis.commands).toEqual([["get", "q/alice"]]);
  await host.close();
});

test("two rules keep two prefixes and two Redis clusters apart", async () => {
  const rule = (name: string, cluster: string) => ({
    ...PEER,
    _match_route_: [name],
    redis_key_prefix: `${name}:`,
    redis: { service_name: cluster },
  });
  const { host, redis } = await higress(
    { _rules_: [rule("a", "redis.dns"), rule("b", "other.dns")] },
    {
      routes: [
        { name: "a", match: { prefix: "/a" }, cluster: "backend" },
        { name: "b", match: { prefix: "/b" }, cluster: "backend" },
        { name: "c", cluster: "backend" },
      ],
    },
  );
  redis.command("set", "a:alice", "1");
  const status = async (path: string, headers = { "x-mse-consumer": "alice" }) =>
    (await host.fetch(`${path}${CHAT}`, { headers }).settle()).status;
  expect(await status("/a")).toBe(200);
  expect(await status("/b")).toBe(403);
  expect(await status("/c", {} as never)).toBe(200);
  expect(redis.commands.map((words) => words[1])).toEqual(["a:alice", "a:alice"]);
  expect(Object.keys(host.redis)).toEqual([REDIS_CLUSTER]);
  await host.close();
});
