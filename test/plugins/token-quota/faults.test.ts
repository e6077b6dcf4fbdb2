import { checkLeaks, upstream, type Host } from "proxy-wasm-test";
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

  test("of two balances the one that was settled is not settled again", async () => {
    const reservation = { enabled: true, default_completion_tokens: 50 };
    const backend = upstream()
      .after(100)
      .reply(200, { body: answer(10, 5), headers: JSON_TYPE });
    const host = await gateway(
      { ...SHARED, groups: true, reservation },
      { strict: "off", clusters: { backend } },
    );
    const group = async () => (await admin(host, "?group=g")).json() as { quota: number };
    await refill(host, "alice", 1000);
    await admin(host, "/refresh", "group=g&quota=1000");
    const headers = { "x-mse-consumer": "alice", "x-mse-consumer-group": "g" };
    const pending = host.fetch(CHAT, { headers });
    await host.clock.advance(10);
    // The consumer's is written, the group's never.
    host.inject.status("proxy_set_shared_data", 8, { nth: 2 });
    expect((await pending.advance(200)).status).toBe(200);
    host.inject.clear();
    expect(await balance(host, "alice")).toBe(985);
    expect((await group()).quota).toBe(950);
    await chat(host, "bob");
    expect(await balance(host, "alice")).toBe(985);
    expect((await group()).quota).toBe(985);
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
