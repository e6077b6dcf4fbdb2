import { checkLeaks, upstream, type Host, type Redis } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import {
  CHAT,
  JSON_TYPE,
  PEER,
  REDIS_CLUSTER,
  SHARED,
  admin,
  answer,
  balance,
  chat,
  countSeen,
  gateway,
  higress,
  refill,
  stored,
} from "./support.js";

describe("a store that does not answer", () => {
  test.each<[string, object, number, string, string]>([
    ["as the peer", {}, 403, "noquota", "Request denied by ai quota check, No quota left"],
    ["with a status of its own", { store_error_status: 503 }, 503, "error", "redis error:ERR no"],
    [
      "in OpenAI's words",
      { store_error_status: 503, rejected_format: "openai" },
      503,
      "error",
      '{"error":{"message":"redis error:ERR no","type":"server_error","param":null,"code":"store_error"}}',
    ],
  ])("refuses %s", async (_what, more, status, label, text) => {
    const { host, redis } = await higress({ ...PEER, ...more });
    redis.fail({ error: "ERR no" });
    const reply = await chat(host, "alice");
    expect([reply.status, reply.details, reply.text()]).toEqual([
      status,
      `via_wasm::token-quota::ai-quota.${label}`,
      text,
    ]);
    expect(host.logs.at(-1)?.text).toMatch(/] the balance is not known: ERR no$/);
    expect(countSeen(host)).toBe(0);
    await host.close();
  });

  test("lets requests pass with fail_mode: open, and they are charged all the same", async () => {
    const { host, redis } = await higress({ ...PEER, fail_mode: "open" });
    redis.command("set", "chat_quota:alice", "5");
    redis.fail("drop");
    expect((await chat(host, "alice")).status).toBe(200);
    expect(stored(redis, "chat_quota:alice")).toBe("-10");
    await host.close();
  });

  test("lets this gateway's own balances decide with fail_mode: local", async () => {
    const { host, redis } = await higress({ ...PEER, fail_mode: "local", default_quota: 20 });
    redis.hasEndpoints = false;
    expect((await chat(host, "alice")).status).toBe(200);
    expect((await chat(host, "alice")).status).toBe(200);
    expect((await chat(host, "alice")).status).toBe(403);
    redis.hasEndpoints = true;
    expect((await chat(host, "alice")).status).toBe(200);
    expect(stored(redis, "chat_quota:alice")).toBe("5");
    await host.close();
  });

  test("does not let administrators change the balances of one gateway for those of all", async () => {
    const { host, redis } = await higress({ ...PEER, fail_mode: "local" });
    redis.hasEndpoints = false;
    const reply = await admin(host, "/refresh", "consumer=alice&quota=100");
    expect(reply.status).toBe(503);
    expect(reply.text()).toMatch(/^redis error:/);
    await host.close();
  });

  test("is left alone by the breaker", async () => {
    const { host, redis } = await higress({ ...PEER, breaker: { failures: 2, open_ms: 1000 } });
    redis.fail("drop").fail("drop");
    await chat(host, "alice");
    await chat(host, "alice");
    expect((await chat(host, "alice")).status).toBe(403);
    expect(redis.commands).toHaveLength(2);
    await host.clock.advance(1001);
    redis.command("set", "chat_quota:alice", "5");
    expect((await chat(host, "alice")).status).toBe(200);
    await host.close();
  });
});

describe("a charge that fails", () => {
  /** A gateway that has asked for alice's balance of 100, and waits for her answer. */
  async function underway(config: object): Promise<{
    host: Host;
    redis: Redis;
    /** The answer comes, and with it the charge. */
    end: () => Promise<void>;
    /** Commands about alice that follow the next request that finds the store well. */
    laterCommands: () => Promise<string[][]>;
  }> {
    const backend = upstream()
      .after(100)
      .reply(200, { body: answer(10, 5), headers: JSON_TYPE });
    const { host, redis } = await higress({ ...PEER, ...config }, { clusters: { backend } });
    redis.command("set", "chat_quota:alice", "100");
    const pending = host.fetch(CHAT, { headers: { "x-mse-consumer": "alice" } });
    await host.clock.advance(10);
    return {
      host,
      redis,
      end: async () => {
        expect((await pending.advance(200)).status).toBe(200);
        redis.mend().hasEndpoints = true;
      },
      laterCommands: async () => {
        const from = redis.commands.length;
        await chat(host, "bob");
        return redis.commands.slice(from).filter((words) => words.join(" ").includes("alice"));
      },
    };
  }

  const CHARGE = ["decrby", "chat_quota:alice", "15"];
  const LOADING = "LOADING Redis is loading the dataset in memory";

  test("is sent again when it could not be sent", async () => {
    const { host, redis, end, laterCommands } = await underway({});
    redis.hasEndpoints = false;
    await end();
    expect(stored(redis, "chat_quota:alice")).toBe("100");
    expect(await laterCommands()).toEqual([CHARGE]);
    expect(stored(redis, "chat_quota:alice")).toBe("85");
    await host.close();
  });

  test.each([
    LOADING,
    "NOAUTH Authentication required.",
    "WRONGPASS invalid username-password pair or user is disabled.",
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "CLUSTERDOWN The cluster is down",
    "TRYAGAIN Multiple keys request during rehashing of slot",
    "READONLY You can't write against a read only replica.",
  ])("is sent again when Redis put it off: %s", async (error) => {
    const { host, redis, end, laterCommands } = await underway({});
    // The second time, because a lost login is tried again at once.
    redis.fail({ error }).fail({ error });
    await end();
    expect(stored(redis, "chat_quota:alice")).toBe("100");
    expect(await laterCommands()).toEqual([CHARGE]);
    expect(await laterCommands()).toEqual([]);
    await host.close();
  });

  test("waits for as long as Redis puts it off", async () => {
    const { host, redis, end, laterCommands } = await underway({});
    redis.fail({ error: LOADING });
    await end();
    redis.fail({ error: LOADING });
    expect(await laterCommands()).toEqual([]);
    expect(await laterCommands()).toEqual([CHARGE]);
    await host.close();
  });

  test("is lost when a thousand others wait already", async () => {
    const { host, redis } = await higress({ ...PEER, fail_mode: "open" }, { trace: false });
    redis.hasEndpoints = false;
    for (let i = 0; i < 1002; i++) await chat(host, "alice");
    redis.hasEndpoints = true;
    await chat(host, "bob");
    expect(stored(redis, "chat_quota:alice")).toBe(String(-15 * 1000));
    await host.close();
  });

  test("waits with the line of the report, and so does a settlement", async () => {
    const reservation = { enabled: true, default_completion_tokens: 50 };
    const { host, redis, end, laterCommands } = await underway({ reservation, usage_report: true });
    redis.fail({ error: LOADING }).fail({ error: LOADING });
    await end();
    expect(stored(redis, "chat_quota:alice")).toBe("50");
    expect(await laterCommands()).toHaveLength(2);
    expect(stored(redis, "chat_quota:alice")).toBe("85");
    const report = (await admin(host, "/report")).text();
    expect(report).toContain('"total":{"input":10,"output":5,"requests":1}');
    await host.close();
  });

  test.each<[string, Parameters<Redis["fail"]>[0]]>([
    ["it may have arrived", "drop"],
    ["it is wrong in itself", { error: "ERR value is not an integer or out of range" }],
    ["the key is something else", { error: "WRONGTYPE Operation against a key" }],
  ])("is not sent again when %s", async (_why, failure) => {
    const { host, redis, end, laterCommands } = await underway({});
    redis.fail(failure);
    await end();
    expect(stored(redis, "chat_quota:alice")).toBe("100");
    expect(await laterCommands()).toEqual([]);
    await host.close();
  });
});

describe("shared data that keeps changing", () => {
  test("denies, and tells administrators why", async () => {
    const host = await gateway(SHARED, { strict: "off" });
    await refill(host, "alice", 100);
    host.inject.status("proxy_set_shared_data", 8);
    const reply = await admin(host, "/refresh", "consumer=alice&quota=1");
    expect([reply.status, reply.text()]).toEqual([503, "redis error:shared data is contended"]);
    host.inject.clear();
    await host.close();
  });

  test("a charge that lost every race is tried again", async () => {
    const host = await gateway(SHARED, { strict: "off" });
    await refill(host, "alice", 100);
    host.inject.status("proxy_set_shared_data", 8);
    expect((await chat(host, "alice")).status).toBe(200);
    host.inject.clear();
    expect(await balance(host, "alice")).toBe(100);
    await chat(host, "alice");
    expect(await balance(host, "alice")).toBe(70);
    await host.close();
  });
});

describe("a host that fails", () => {
  test("a refusal that the host does not take is never released", async () => {
    const host = await gateway(SHARED, { strict: "off" });
    host.inject.status("proxy_send_local_response", 10);
    for (const headers of [{ "x-mse-consumer": "poor" }, {}] as Record<string, string>[]) {
      const stream = host.stream(`POST ${CHAT}`, { headers });
      await stream.headers();
      await stream.data("{}", { end: true });
      expect(stream.state.paused).toBe(true);
      await stream.abort();
    }
    expect(countSeen(host)).toBe(0);
    await host.close();
  });

  test("a response that cannot be read passes, and is counted as lost", async () => {
    const host = await gateway(SHARED, { strict: "off" });
    await refill(host, "alice", 100);
    host.inject.status("proxy_get_buffer_bytes", 10);
    expect((await chat(host, "alice")).status).toBe(200);
    expect(host.metrics.all).toMatchObject({ token_quota_uncounted: 1 });
    host.inject.clear();
    await host.close();
  });
});

test("two configurations in one VM have debts and stores of their own", async () => {
  const { host, redis } = await higress(
    {
      _rules_: [
        { ...PEER, _match_route_: ["a"], redis_key_prefix: "a:" },
        { ...SHARED, _match_route_: ["b"], default_quota: 20 },
      ],
    },
    {
      routes: [
        { name: "a", match: { prefix: "/a" }, cluster: "backend" },
        { name: "b", match: { prefix: "/b" }, cluster: "backend" },
      ],
    },
  );
  redis.command("set", "a:alice", "5");
  const headers = { "x-mse-consumer": "alice" };
  expect((await host.fetch(`/b${CHAT}`, { headers }).settle()).status).toBe(200);
  expect((await host.fetch(`/a${CHAT}`, { headers }).settle()).status).toBe(200);
  expect(stored(redis, "a:alice")).toBe("-10");
  expect((await host.fetch(`/b${CHAT}`, { headers }).settle()).status).toBe(200);
  expect((await host.fetch(`/b${CHAT}`, { headers }).settle()).status).toBe(403);
  expect(Object.keys(host.redis)).toEqual([REDIS_CLUSTER]);
  await host.close();
});

describe("streams side by side", () => {
  test("each keeps its own balance and usage", async () => {
    const sizes = [1, 2, 3, 4];
    const host = await gateway(
      { ...SHARED, default_quota: 100 },
      {
        clusters: {
          backend: upstream().handle((request) => {
            const n = Number(request.headers.find(([name]) => name === "x-n")?.[1]);
            return { status: 200, headers: JSON_TYPE, chunks: [...answer(n, n)], every: n };
          }),
        },
      },
    );
    await Promise.all(sizes.map((n) => chat(host, `consumer-${n}`, { "x-n": String(n) })));
    for (const n of sizes) expect(await balance(host, `consumer-${n}`)).toBe(100 - 2 * n);
    await host.close();
  });

  test("four workers of one gateway share one balance", async () => {
    const host = await gateway({ ...SHARED, default_quota: 0 }, { lifecycle: "envoy", workers: 4 });
    await refill(host, "alice", 1000);
    const workers = [0, 1, 2, 3].flatMap((worker) => Array.from({ length: 5 }, () => worker));
    await Promise.all(workers.map((worker) => onWorker(host, worker)));
    expect(await balance(host, "alice")).toBe(1000 - 20 * 15);
    await host.close();
  });

  test("abandoned, refused, charged and administered requests leave nothing behind", async () => {
    const host = await gateway({ ...SHARED, default_quota: 1_000_000_000 }, { trace: false });
    const headers = { "x-mse-consumer": "alice" };
    const report = await checkLeaks(host, async () => {
      const gone = host.stream(`POST ${CHAT}`, { headers });
      await gone.headers();
      await gone.data('{"model":');
      await gone.abort();
      await chat(host, "alice");
      await host.fetch(CHAT);
      await host.fetch("/v1/models", { headers });
      await balance(host, "alice");
      await refill(host, "alice", 5);
    });
    expect(report.leaking).toBe(false);
    await host.close();
  });
});

function onWorker(host: Host, worker: number): Promise<unknown> {
  const init = { method: "POST", headers: { "x-mse-consumer": "alice" }, worker };
  return host.fetch(CHAT, init).settle();
}
