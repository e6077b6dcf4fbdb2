import { upstream, type Host, type Redis } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { CHAT, JSON_TYPE, PEER, admin, answer, chat, higress, stored } from "./support.js";

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
