import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import {
  checkLeaks,
  encodeResp,
  pairs,
  parseResp,
  redis,
  upstream,
  type RedisHandler,
} from "../../harness/src";
import "../../harness/src/vitest";
import { lines, probeHost } from "./probe";

test("pairs: encode and decode, malformed is null", () => {
  const bytes = pairs.encode([
    ["a", "1"],
    ["日", ""],
  ]);
  expect(pairs.decode(bytes)).toEqual([
    ["a", "1"],
    ["日", ""],
  ]);
  expect(pairs.decode(bytes.subarray(0, bytes.length - 1))).toBeNull();
  expect(pairs.decode(Uint8Array.from([...bytes, 0]))).toBeNull();
  expect(
    pairs.decode(pairs.encode(Array.from({ length: 1025 }, () => ["a", "b"] as const))),
  ).toBeNull();
  expect(pairs.decode(new Uint8Array(4))).toEqual([]);
});

describe("redis", () => {
  const service = "outbound|6379||redis.static";
  const script = {
    args: "1",
    configure: `rinit ${service}?db=1 secret 1000; redis nobody get k`,
    request_headers: `redis ${service} set k v; redis ${service} get k; ret 4`,
    "redis#2": "buf 9 0 99; eff; cont 0",
  };
  const clusters = (driver: RedisHandler) => ({
    backend: upstream().reply(200),
    [service]: driver,
  });

  test("in memory", async () => {
    const driver = redis({ password: "secret" });
    await using host = await probeHost(script, {
      profile: "higress-2.2",
      clusters: clusters(driver),
    });
    expect((await host.fetch("http://a.test/")).status).toBe(200);
    expect(lines(host)).toContain("redis(7, 0, 5)");
    expect(lines(host)).toContain("redis buf 9 0 99 = 0 '$1\r\nv\r\n'");
    expect(lines(host)).toContain("configure redis nobody get k = 2 0");
    expect(driver.commands).toEqual([
      ["set", "k", "v"],
      ["get", "k"],
    ]);
    expect(host.calls("proxy_redis_call").last).toMatchObject({
      command: ["get", "k"],
      outcome: "ok",
    });
  });

  test("wrong password, lost connection, no answer", async () => {
    const driver = redis({ password: "other" }).fail("drop").fail("never");
    await using host = await probeHost(
      { ...script, "redis#1": "buf 9 0 99", "redis#3": "buf 9 0 99" },
      { profile: "higress-2.2", clusters: clusters(driver) },
    );
    await host.fetch("http://a.test/").advance(1000);
    await host
      .fetch("http://a.test/")
      .advance(1)
      .catch(() => undefined);
    expect(lines(host)).toContain("redis(7, 1, 0)");
    expect(lines(host)).toContain("redis(11, 1, 0)");
    expect(lines(host).join()).toContain("NOAUTH");
  });

  test("over TCP, bytes cut anywhere", async () => {
    const got: string[] = [];
    const server = createServer((socket) => {
      let received = new Uint8Array(0);
      let pending = Buffer.alloc(0);
      socket.on("data", (chunk) => {
        received = new Uint8Array(Buffer.concat([received, chunk]));
        for (let one = parseResp(received); one; one = parseResp(received)) {
          received = received.slice(one.end);
          got.push((one.value as Uint8Array[]).map((w) => Buffer.from(w).toString()).join(" "));
          const reply = encodeResp(got.at(-1) === "get k" ? "over tcp" : 1);
          pending = Buffer.concat([pending, reply]);
        }
        const cut = Math.min(3, pending.length);
        socket.write(pending.subarray(0, cut));
        const rest = pending.subarray(cut);
        pending = Buffer.alloc(0);
        setTimeout(() => socket.write(rest), 5);
      });
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const url = `redis://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await using host = await probeHost(
      {
        ...script,
        request_headers: `redis ${service} get k; ret 4`,
        "redis#1": "buf 9 0 99; eff; cont 0",
      },
      { profile: "higress-2.2", clusters: clusters(redis({ url })) },
    );
    expect((await host.fetch("http://a.test/")).status).toBe(200);
    expect(lines(host)).toContain("redis buf 9 0 99 = 0 '$8\r\nover tcp\r\n'");
    expect(got).toEqual(["auth secret", "select 1", "get k"]);
    await host.close();
    server.close();
  });

  test("commands and expiry follow the fake clock", () => {
    const { memory } = redis();
    const run = (line: string, at = 0) => Buffer.from(memory.run(line.split(" "), at)).toString();
    expect(run("set k 1 ex 10")).toBe("+OK\r\n");
    expect(run("incrby k 5")).toBe(":6\r\n");
    expect(run("ttl k", 4000)).toBe(":6\r\n");
    expect(run("get k", 10_000)).toBe("$-1\r\n");
    expect(run("hset h a 1 b 2")).toBe(":2\r\n");
    expect(run("hgetall h")).toBe("*4\r\n$1\r\na\r\n$1\r\n1\r\n$1\r\nb\r\n$1\r\n2\r\n");
    expect(run("get h")).toContain("WRONGTYPE");
    expect(run("incr h")).toContain("WRONGTYPE");
    expect(run("nonsense")).toContain("ERR unknown command");
  });
});

describe("leaks", () => {
  test("a leaking plugin is caught, a clean one is not", async () => {
    const check = async (ops: string) => {
      await using host = await probeHost(
        { request_headers: ops },
        { trace: false, logLevel: "critical" },
      );
      return await checkLeaks(host, () => host.fetch("http://a.test/"), { runs: 60, warmup: 5 });
    };
    expect((await check("leak 65536")).leaking).toBe(true);
    expect((await check("ret 0")).leaking).toBe(false);
  });
});

describe("rules", () => {
  test("severities can be changed, a clean run has none", async () => {
    await using off = await probeHost({ request_headers: "ret 2" }, { strict: { S12: "off" } });
    await off.fetch("http://a.test/");
    expect(off).toHaveNoViolations();
    expect(off.violations).toEqual([]);
  });
});

describe("matchers and trace", () => {
  test("matchers", async () => {
    await using host = await probeHost({
      request_headers: "mdef 0 c; minc 4 2; reply 401 no why",
      "request_headers#2": "ret 4",
    });
    const answer = await host.fetch("http://a.test/");
    expect(answer).toBeLocalReply(401, "why");
    expect(host.metrics).toHaveCounter("c", 2);
    expect(host).toHaveLogged(/minc 4 2 = 0/);
    const s = host.stream("GET http://a.test/");
    expect(await s.headers({ end: true })).toPause("StopAllIterationAndWatermark");
    expect(s.state).toMatchObject({ paused: true, finished: false });
    expect(host.trace).toContainTrace([
      "→ proxy_on_request_headers",
      'proxy_define_metric(counter, "c") = Ok, 4',
      'proxy_send_local_response(401, "why", 2 bytes, [], -1) = Ok',
      "action local reply",
      "wire client gets headers [:status=401",
    ]);
    await s.abort();
  });
});
