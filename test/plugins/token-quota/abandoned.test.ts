import { describe, expect, test } from "vitest";
import { CHAT, PEER, countSeen, higress, stored } from "./support.js";

describe("a client that leaves while Redis is asked", () => {
  test("changes nothing", async () => {
    const { host, redis } = await higress(PEER);
    redis.command("set", "chat_quota:alice", "5");
    redis.after(50);
    const stream = host.stream(`POST ${CHAT}`, {
      headers: { "x-mse-consumer": "alice", "content-length": "2" },
    });
    await stream.headers();
    await stream.abort();
    await host.clock.advance(100);
    expect(redis.commands).toEqual([["get", "chat_quota:alice"]]);
    expect(countSeen(host)).toBe(0);
    await host.close();
  });

  test.each([
    ["what Redis takes", { default_quota: 0 }, "1000", "1000"],
    ["nothing that Redis refuses", { default_quota: 0 }, "-5", "-5"],
    ["what Redis takes of a grant that begins with it", { default_quota: 700 }, null, "700"],
  ])("gets back %s", async (_what, more, before, after) => {
    const { host, redis } = await higress({ ...PEER, reservation: { enabled: true }, ...more });
    if (before !== null) redis.command("set", "chat_quota:alice", before);
    redis.after(50);
    const stream = host.stream(`POST ${CHAT}`, {
      headers: { "x-mse-consumer": "alice", "content-length": "40" },
    });
    await stream.headers();
    await host.clock.advance(10);
    await stream.abort();
    await host.clock.advance(200);
    expect(stored(redis, "chat_quota:alice")).toBe(after);
    expect(redis.command("exists", "{chat_quota:alice}:\nr")).toBe(0);
    expect(countSeen(host)).toBe(0);
    await host.close();
  });
});
