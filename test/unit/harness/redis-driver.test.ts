import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { redis, upstream, type RedisHandler } from "proxy-wasm-test";
import { RedisServer } from "../kit/redis-server.js";
import { lines, probeHost, type Script } from "./probe.js";

const CLUSTER = "cache";

function gateway(driver: RedisHandler, script: Script) {
  const clusters = { backend: upstream().reply(200), [CLUSTER]: driver };
  return probeHost({ args: "1", ...script }, { profile: "higress-2.2", clusters });
}

/** Asks Redis once per request and goes on with the answer. */
const ASKS: Script = {
  configure: `rinit ${CLUSTER}?db=1  1000`,
  request_headers: `redis ${CLUSTER} get k; ret 4`,
  redis: "buf 9 0 99; eff; cont 0",
};
const bytes = (text: string) => new TextEncoder().encode(text);
const answers = (all: string[]) => all.filter((line) => /^redis(\(| buf)/.test(line));

describe("in memory", () => {
  test("command() works in the database of the login", async () => {
    const driver = redis();
    await using host = await gateway(driver, ASKS);
    driver.command("set", "k", "one");
    await host.fetch("http://a.test/");
    expect(answers(lines(host))).toEqual([
      "redis(7, 0, 9)",
      "redis buf 9 0 99 = 0 '$3\r\none\r\n'",
    ]);
    expect(driver.memory.run(["get", "k"], 0, 0)).toEqual(bytes("$-1\r\n"));
  });

  test("command() and plugins read the gateway's clock", async () => {
    const driver = redis();
    driver.command("set", "before", "v", "ex", "10");
    await using host = await gateway(driver, { ...ASKS, configure: "" });
    driver.command("set", "k", "v", "px", "500");
    await host.fetch("http://a.test/");
    await host.clock.advance(400);
    expect(driver.command("pttl", "k")).toBe(100);
    await host.clock.advance(100);
    await host.fetch("http://a.test/");
    expect(answers(lines(host))).toContain("redis buf 9 0 99 = 0 '$1\r\nv\r\n'");
    expect(answers(lines(host)).at(-1)).toBe("redis buf 9 0 99 = 0 '$-1\r\n'");
    expect(driver.command("ttl", "before")).toBe(10);
    await host.clock.advance(9_500);
    expect(driver.command("exists", "before")).toBe(0);
  });

  test("a reply takes the time it is given", async () => {
    const driver = redis().after(300);
    await using host = await gateway(driver, ASKS);
    const at = host.clock.now;
    await host.fetch("http://a.test/").settle();
    expect(host.calls("proxy_redis_call").last).toMatchObject({ at, doneAt: at + 300 });
  });

  test("a reply that takes longer than the login allows is a network error", async () => {
    await using host = await gateway(redis().after(1001), ASKS);
    await host.fetch("http://a.test/").settle();
    expect(answers(lines(host))).toEqual(["redis(7, 1, 0)", "redis buf 9 0 99 = 0 null"]);
    expect(host.calls("proxy_redis_call").last).toMatchObject({ outcome: "network error" });
  });

  test("failures come in order, one each, then Redis answers again", async () => {
    const driver = redis().fail({ error: "LOADING soon" }).fail("drop");
    await using host = await gateway(driver, ASKS);
    for (let i = 0; i < 3; i++) await host.fetch("http://a.test/").settle();
    expect(answers(lines(host))).toEqual([
      "redis(7, 0, 15)",
      "redis buf 9 0 99 = 0 '-LOADING soon\r\n'",
      "redis(11, 1, 0)",
      "redis buf 9 0 99 = 0 null",
      "redis(15, 0, 5)",
      "redis buf 9 0 99 = 0 '$-1\r\n'",
    ]);
  });

  test("without endpoints the call is refused", async () => {
    await using host = await gateway(redis().noEndpoints(), { request_headers: `redis ${CLUSTER} ping` }); // prettier-ignore
    await host.fetch("http://a.test/");
    expect(lines(host)).toContain(`request_headers redis ${CLUSTER} ping = 10 0`);
  });
});

describe("a real server", () => {
  let server: RedisServer;
  beforeAll(async () => void (server = await RedisServer.start("p")));
  afterAll(async () => await server.stop());
  const url = () => server.url.replace("//", "//:p@");

  test("command() runs there, in the database of the login", async () => {
    const driver = redis({ url: url() });
    await using host = await gateway(driver, ASKS);
    expect(await driver.command("set", "k", "real")).toBe("OK");
    await host.fetch("http://a.test/");
    expect(answers(lines(host))).toContain("redis buf 9 0 99 = 0 '$4\r\nreal\r\n'");
    expect(await redis({ url: url() }).command("get", "k")).toBe(null);
    expect(await redis({ url: `${url()}/1` }).command("get", "k")).toEqual(bytes("real"));
  });

  test("a client that is killed gets a network error; the next call connects again", async () => {
    const driver = redis({ url: url() });
    await using host = await gateway(driver, {
      ...ASKS,
      configure: `rinit ${CLUSTER}  0`,
      "request_headers#1": `redis ${CLUSTER} blpop q 0; ret 4`,
    });
    const waiting = host.fetch("http://a.test/").settle();
    await vi.waitFor(async () => {
      const list = await driver.command("client", "list");
      expect(Buffer.from(list as Uint8Array).toString()).toContain("cmd=blpop");
    });
    expect(await driver.command("client", "kill", "type", "normal")).toBe(1);
    expect((await waiting).status).toBe(200);
    expect((await host.fetch("http://a.test/")).status).toBe(200);
    expect(answers(lines(host))).toEqual([
      "redis(7, 1, 0)",
      "redis buf 9 0 99 = 0 null",
      "redis(11, 0, 5)",
      "redis buf 9 0 99 = 0 '$-1\r\n'",
    ]);
  });

  test("nobody there: command() says so", async () => {
    const driver = redis({ url: "redis://127.0.0.1:1" });
    await expect(driver.command("ping")).rejects.toThrow("no answer from redis://127.0.0.1:1");
  });
});
