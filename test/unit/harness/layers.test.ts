import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { Abi, engine, pairs, parseModule, Status, type HostCalls } from "../../harness/src";
import { lines, probe, probeHost } from "./probe";
import { ABI, MALLOC, wasm } from "./wat";

describe("layer 1: a module behind the ABI, without a gateway", () => {
  const bytes = new Uint8Array(readFileSync(probe));
  const text = "args: 1\nconfigure: pairs 0; sget k";

  test("the caller is the host", () => {
    const said: string[] = [];
    const calls: HostCalls = {
      proxy_log: (abi, _level, p, n) => {
        said.push(abi.memory.text(Number(p), Number(n)));
        return Status.Ok;
      },
      proxy_get_buffer_bytes: (abi, _type, _start, _length, P, N) => {
        const data = new TextEncoder().encode(text);
        abi.memory.setU32(Number(P), abi.give(data));
        abi.memory.setU32(Number(N), data.length);
        return Status.Ok;
      },
      proxy_get_header_map_pairs: (abi, _map, P, N) => {
        const data = pairs.encode([["a", "b"]]);
        abi.memory.setU32(Number(P), abi.give(data));
        abi.memory.setU32(Number(N), data.length);
        return Status.Ok;
      },
    };
    const abi = Abi.instantiate(bytes, calls);
    expect(abi.version).toBe("0_2_1");
    abi.start();
    abi.call("proxy_on_context_create", 1, 0);
    expect(abi.call("proxy_on_configure", 1, text.length)).toBe(1);
    expect(said).toEqual([
      `configure(${text.length})`,
      "configure pairs 0 = 0 16",
      "configure sget k = 12 null 0", // absent: Unimplemented
    ]);
    expect(abi.call("no_such_export")).toBeUndefined();
  });

  test("it is refused in the host's words", () => {
    const without = wasm({ exports: MALLOC });
    expect(() => Abi.instantiate(without)).toThrow("Missing or unknown Proxy-Wasm ABI version");
    const stray = wasm({ imports: [{ name: "abort" }], exports: { ...ABI, ...MALLOC } });
    expect(() => Abi.instantiate(stray)).toThrow("missing import: env.abort");
    expect(parseModule(stray).imports.map(({ name }) => name)).toEqual(["abort"]);
  });

  test("a guest without a block to give", () => {
    const abi = Abi.instantiate(wasm({ exports: { ...ABI, ...MALLOC } }));
    expect(abi.give(Uint8Array.of(1))).toBe(0);
  });
});

test("layer 2 is what a host is made of", async () => {
  await using host = await probeHost({});
  expect(host.workers[0]).toBeInstanceOf(engine.Thread);
  expect(host.workers[0]!.allVms[0]).toBeInstanceOf(engine.Vm);
});

describe("host.calls", () => {
  test("any host function has a last call", async () => {
    await using host = await probeHost({ request_headers: "get 0 :path; sget k" });
    await host.fetch("http://a.test/");
    expect(host.calls("proxy_log").last).toMatchObject({ name: "proxy_log", result: 0 });
    expect(host.calls("proxy_log")).toMatchObject({ count: 2 });
    expect(host.calls("proxy_get_shared_data").last?.result).toBe(Status.NotFound);
    expect(host.calls("proxy_done").last).toBeUndefined();
    expect(host.calls("proxy_http_call").last).toBeUndefined();
  });

  test("without a trace it says so", async () => {
    await using host = await probeHost({}, { trace: false });
    expect(() => host.calls("proxy_log")).toThrow("trace");
    expect(host.calls("proxy_http_call").count).toBe(0);
  });
});

test("onWorker: every request on one thread", async () => {
  await using host = await probeHost({ args: "1" }, { lifecycle: "envoy", workers: 2 });
  host.logs.length = 0;
  await host.onWorker(1).fetch("http://a.test/");
  await host.onWorker(0).stream("GET http://a.test/").headers({ end: true });
  const seen = host.logs.filter((line) => line.text.startsWith("request_headers("));
  expect(seen.map((line) => line.vm)).toEqual(["worker1", "worker0"]);
  expect(() => host.onWorker(2)).toThrow("no worker 2");
});

test("a request has properties of its own, before those of the host", async () => {
  await using host = await probeHost(
    { request_headers: "prop source.address; prop source.port; prop own" },
    { properties: { "source.address": "10.0.0.9:1", own: "host" } },
  );
  const ask = async (properties?: Record<string, string>) => {
    host.logs.length = 0;
    await host.fetch("http://a.test/", { properties });
    return lines(host).map((line) => line.split(" = ")[1]);
  };
  const first = await ask({ "source.address": "192.0.2.1:7", "source.port": "seven" });
  expect(first).toEqual(["0 '192.0.2.1:7'", "0 'seven'", "0 'host'"]);
  expect((await ask())[0]).toBe("0 '10.0.0.9:1'");
});
