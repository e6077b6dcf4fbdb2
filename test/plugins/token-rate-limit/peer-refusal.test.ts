import type { ClientResponse, Host } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { chat, CHAT, GLOBAL, higress, K1, REJECTED, sent, stored, TWO } from "./support.js";

// What a refused request of a configuration of the peer is told.

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

  test("of nobody, on a route without a name", async () => {
    const { host, redis } = await higress(TWO, { routes: [{ cluster: "backend" }] });
    redis.command("set", GLOBAL, "1001");
    await chat(host);
    await chat(host);
    const name = "route.-.upstream.backend.model.none.consumer.none.metric.token_ratelimit_count";
    expect(host.metrics.all[name]).toBe(2);
    await host.close();
  });

  test("of more than a thousand consumers is counted under one name", async () => {
    const { host, redis } = await higress(TWO, { trace: false });
    redis.command("set", GLOBAL, "1001");
    for (let i = 0; i < 1003; i++) await chat(host, { "x-mse-consumer": `c${i}` });
    const counters = Object.entries(host.metrics.all).filter(([name]) =>
      name.endsWith("token_ratelimit_count"),
    );
    expect(counters).toHaveLength(1001);
    expect(counters.at(-1)).toEqual([expect.stringContaining(".consumer._overflow_."), 3]);
    await host.close();
  });

  test("of consumers with very long names is counted under shorter ones", async () => {
    const { host, redis } = await higress(TWO);
    redis.command("set", GLOBAL, "1001");
    const names = ["a".repeat(128), "b".repeat(129), "c".repeat(4000)];
    for (const name of names) await chat(host, { "x-mse-consumer": name });
    const counters = Object.entries(host.metrics.all)
      .filter(([name]) => name.endsWith("token_ratelimit_count"))
      .map(([name, count]) => [/consumer\.(.+)\.metric/.exec(name)?.[1], count]);
    expect(counters).toEqual([
      [names[0], 1],
      [expect.stringMatching(/^b{119}~[0-9a-f]{8}$/), 1],
      [expect.stringMatching(/^c{119}~[0-9a-f]{8}$/), 1],
    ]);
    await host.close();
  });

  test.each([
    [Buffer.from("team.a"), "team.a"],
    [Buffer.from("学生"), "学生"],
    [Buffer.from("a\xffb", "latin1"), "a_b"],
    [Buffer.from("学生").subarray(0, 5), "学__"],
    [Buffer.from(""), "none"],
  ])("of the consumer %s is counted under %s, which Prometheus can read", async (name, label) => {
    const { host, redis } = await higress(TWO);
    redis.command("set", GLOBAL, "1001");
    const headers: [string, string | Uint8Array][] = [["x-mse-consumer", name]];
    await host.fetch(CHAT, { method: "POST", body: "{}", headers }).settle(60_000);
    const counters = Object.keys(host.metrics.all).filter((one) => one.includes("ratelimit"));
    expect(counters).toEqual([
      expect.stringContaining(`.model.none.consumer.${label}.metric.token_ratelimit_count`),
    ]);
    await host.close();
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
