import { upstream, type Host, type Redis } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { Changing, json } from "../store-faults.js";
import {
  CHAT,
  JSON_TYPE,
  PEER,
  admin,
  answer,
  chat,
  gateway,
  higress,
  stored,
  tokenQuota,
} from "./support.js";

// Which charges wait for the store, and which are lost.

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
    expect(host.metrics.all["token_quota_store_debts_lost"]).toBeUndefined();
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

  test("waits through a new configuration, which pays it; not through a new VM", async () => {
    for (const keepsVms of [true, false]) {
      const { host, redis, end, laterCommands } = await underway({});
      redis.hasEndpoints = false;
      await end();
      host.reload({ keepsVms });
      expect(await laterCommands()).toEqual(keepsVms ? [CHARGE] : []);
      expect(await laterCommands()).toEqual([]);
      await host.close();
    }
  });

  test("waits for its own store: another one in the same VM gets none of it", async () => {
    const wasm = "build/higress/token-quota.wasm";
    const first = { ...PEER, fail_mode: "open" };
    const other = { admin_consumer: "admin", store: { type: "shared" }, default_quota: 1000 };
    const plugins = [
      tokenQuota(first, { wasm, vmId: "one" }),
      tokenQuota(other, { wasm, vmId: "one", name: "other" }),
    ];
    const { host, redis } = await higress({}, { plugins });
    redis.hasEndpoints = false;
    expect((await chat(host, "alice")).status).toBe(200);
    // The other one hears its store here.
    expect((await chat(host, "alice")).status).toBe(200);
    redis.hasEndpoints = true;
    redis.command("set", "chat_quota:alice", "100");
    expect((await chat(host, "alice")).status).toBe(200);
    expect(stored(redis, "chat_quota:alice")).toBe("55");
    await host.close();
  });

  test("waits while only the fallback of the store answers", async () => {
    const reservation = { enabled: true, default_completion_tokens: 50 };
    const { host, redis, end, laterCommands } = await underway({ reservation, fail_mode: "local" });
    redis.hasEndpoints = false;
    await end();
    redis.hasEndpoints = false;
    const failures = () => host.metrics.all["token_quota_store_errors_dispatch"] ?? 0;
    const before = failures();
    // Of the fallback bob has nothing.
    expect((await chat(host, "bob")).status).toBe(403);
    expect(failures() - before).toBe(1);
    redis.hasEndpoints = true;
    expect(await laterCommands()).toHaveLength(1);
    expect(stored(redis, "chat_quota:alice")).toBe("85");
    await host.close();
  });

  test("is lost when a thousand others wait already", async () => {
    const { host, redis } = await higress({ ...PEER, fail_mode: "open" }, { trace: false });
    redis.hasEndpoints = false;
    for (let i = 0; i < 1002; i++) await chat(host, "alice");
    redis.hasEndpoints = true;
    await chat(host, "bob");
    expect(stored(redis, "chat_quota:alice")).toBe(String(-15 * 1000));
    expect(host.metrics.all["token_quota_store_debts_lost"]).toBe(2);
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
    expect(host.metrics.all["token_quota_store_debts_lost"]).toBe(1);
    await host.close();
  });
});

describe("over HTTP, what has no answer", () => {
  const TIMEOUT = 100;
  const reservation = { enabled: true, default_completion_tokens: 50 };

  /** The store's answer while all is well: as much as anybody wants. */
  const answers = (config: object): object => {
    const isReserving = "reservation" in config;
    return { result: isReserving ? [0, [1000]] : "1000" };
  };

  /** A gateway whose store can be broken. */
  async function open(config: object) {
    const working = json(200, answers(config));
    const store = new Changing(working);
    const rest = store.asUpstream();
    const backend = upstream()
      .after(100)
      .reply(200, { body: answer(10, 5), headers: JSON_TYPE });
    const host = await gateway(
      {
        admin_consumer: "admin",
        store: { type: "redis-http", cluster_name: "rest", timeout: TIMEOUT },
        ...config,
      },
      { clusters: { rest, backend } },
    );
    /** What was asked about alice since the last time. */
    const asked = () =>
      rest.requests
        .splice(0)
        .map(({ body }) => JSON.parse(body) as string[])
        .filter((words) => words.join(" ").includes("alice"));
    return { host, store, working, asked };
  }

  /** What follows the keys of a script. */
  const argumentsOf = (words: string[]) => words.slice(3 + Number(words[2]));

  const FAULTS = {
    "a server that is not there": () => json(503, { error: "no Redis" }),
    "a server that says nothing": () => upstream().never(),
  };
  const CONFIGS = { "a charge": {}, "a settlement": { reservation } };
  const CASES = Object.keys(CONFIGS).flatMap((what) =>
    Object.keys(FAULTS).map((fault) => [what, fault] as const),
  );

  test.each(CASES)("is sent again as it was: %s to %s", async (what, fault) => {
    const { host, store, working, asked } = await open(CONFIGS[what as keyof typeof CONFIGS]);
    const pending = host.fetch(CHAT, { headers: { "x-mse-consumer": "alice" } });
    await host.clock.advance(10);
    store.behaviour = FAULTS[fault as keyof typeof FAULTS]();
    expect((await pending.advance(200)).status).toBe(200);
    await host.clock.advance(TIMEOUT);
    store.behaviour = working;
    const [, lost, ...more] = asked();
    expect(more).toEqual([]);
    // With the key by which it works once.
    expect(lost![1]).toMatch(/^if not redis\.call\('set',table\.remove\(KEYS\)/);
    await chat(host, "bob");
    expect(asked()).toEqual([lost]);
    await chat(host, "bob");
    expect(asked()).toEqual([]);
    await host.close();
  });

  test("is lost when the store is away for longer than it would remember", async () => {
    const { host, store, working, asked } = await open({});
    const pending = host.fetch(CHAT, { headers: { "x-mse-consumer": "alice" } });
    await host.clock.advance(10);
    store.behaviour = FAULTS["a server that is not there"]();
    expect((await pending.advance(200)).status).toBe(200);
    await host.clock.advance(51_000);
    store.behaviour = working;
    expect(asked()).toHaveLength(2);
    await chat(host, "bob");
    expect(asked()).toEqual([]);
    expect(host.metrics.all["token_quota_store_debts_lost"]).toBe(1);
    await host.close();
  });

  test("and may have reserved something, is undone", async () => {
    const { host, store, working, asked } = await open({ reservation });
    store.behaviour = FAULTS["a server that says nothing"]();
    expect((await chat(host, "alice")).status).toBe(403);
    const [reserved, ...more] = asked();
    expect(more).toEqual([]);
    store.behaviour = working;
    await chat(host, "bob");
    const undone = asked();
    expect(undone).toHaveLength(1);
    // The same reservation, of which nothing was spent.
    const [, name, tokens] = argumentsOf(reserved!);
    expect(argumentsOf(undone[0]!).slice(0, 3)).toEqual([name, tokens, "0"]);
    await host.close();
  });

  test("is waited for by a configuration that was replaced, and sent again by the next", async () => {
    const { host, store, working, asked } = await open({});
    const pending = host.fetch(CHAT, { headers: { "x-mse-consumer": "alice" } });
    await host.clock.advance(10);
    store.behaviour = FAULTS["a server that says nothing"]();
    expect((await pending.advance(120)).status).toBe(200);
    host.reload({ keepsVms: true });
    await host.clock.advance(TIMEOUT);
    store.behaviour = working;
    const [, lost, ...more] = asked();
    expect(more).toEqual([]);
    await chat(host, "bob");
    expect(asked()).toEqual([lost]);
    await host.close();
  });

  test("of a client that has left is undone, too", async () => {
    const { host, store, working, asked } = await open({ reservation });
    store.behaviour = FAULTS["a server that says nothing"]();
    const stream = host.stream(`POST ${CHAT}`, { headers: { "x-mse-consumer": "alice" } });
    await stream.headers({ end: true });
    await stream.abort();
    await host.clock.advance(2 * TIMEOUT);
    store.behaviour = working;
    expect(asked()).toHaveLength(1);
    await chat(host, "bob");
    expect(asked()).toHaveLength(1);
    await host.close();
  });

  test("is not undone where the store did not write it down", async () => {
    const { host, store, working, asked } = await open({
      reservation: { ...reservation, heal: false },
    });
    store.behaviour = FAULTS["a server that says nothing"]();
    expect((await chat(host, "alice")).status).toBe(403);
    store.behaviour = working;
    expect(asked()).toHaveLength(1);
    await chat(host, "bob");
    expect(asked()).toEqual([]);
    await host.close();
  });
});
