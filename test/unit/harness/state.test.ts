import { describe, expect, test } from "vitest";
import { createHost, upstream } from "../../harness/src";
import { config, lines, probe, probeHost, type ProbeOptions } from "./probe";

/** Results of operations run in request headers. */
async function results(ops: string, options: ProbeOptions = {}): Promise<string[]> {
  await using host = await probeHost({ request_headers: ops }, options);
  await host.fetch("http://a.test/p?q=1", { headers: { "user-agent": "ua" } });
  return lines(host)
    .filter((l) => l.startsWith("request_headers"))
    .map((l) => l.split(" = ")[1]!);
}

test("shared data: the cas table", async () => {
  expect(await results("sget k; sset k a 7; sget k; sset k b 0; sget k; sset k c 1; sset k c 2; sget k; sset k _ 0")).toEqual([
    "1 null 0", "0", "0 'a' 1", "0", "0 'b' 2", "8", "0", "0 'c' 3", "0",
  ]); // prettier-ignore
});

test("shared data is per vm id and shared by all VMs of it", async () => {
  const plugin = (name: string, vmId: string, ops: string) => ({
    name,
    vmId,
    vmConfig: name,
    wasm: probe,
    config: config({ request_headers: ops }),
  });
  await using host = await createHost({
    plugins: [
      plugin("a", "x", "sset k v 0"),
      plugin("b", "x", "sget k"),
      plugin("c", "y", "sget k"),
    ],
    clusters: { backend: upstream().reply(200) },
    strict: "off",
  });
  await host.fetch("http://a.test/");
  expect(lines(host).filter((l) => l.includes("sget"))).toEqual([
    "request_headers sget k = 0 'v' 1",
    "request_headers sget k = 1 null 0",
  ]);
  expect(host.sharedData.text("k", "x")).toBe("v");
});

test("queues: register, resolve, enqueue, dequeue, ready once per item", async () => {
  await using host = await probeHost({
    args: "1",
    request_headers:
      "qres q; qreg q; qreg q; qreg other; qres q; enq 1 one; enq 1 two; enq 9 x; deq 9",
    queue: "deq 1; deq 1",
  });
  await host.fetch("http://a.test/");
  const got = lines(host)
    .filter((l) => /q|enq|deq/.test(l) && / = |queue\(/.test(l))
    .map((l) => l.replace("request_headers ", ""));
  expect(got).toEqual([
    "qres q = 1 0", "qreg q = 0 1", "qreg q = 0 1", "qreg other = 0 2", "qres q = 0 1",
    "enq 1 one = 0", "enq 1 two = 0", "enq 9 x = 1", "deq 9 = 1 null",
    "queue(1)", "queue deq 1 = 0 'one'", "queue deq 1 = 0 'two'", "queue(1)", "queue deq 1 = 7 null", "queue deq 1 = 7 null",
  ]); // prettier-ignore
});

test("metrics: ids, types, statuses", async () => {
  await using host = await probeHost({
    request_headers:
      "mdef 0 c; mdef 0 c; mdef 1 g; mdef 2 h; mdef 3 x; minc 4 5; minc 8 1; minc 4 0; minc 4 -1; mrec 4 10; mget 8; mrec 5 7; minc 5 -9; mget 5; mrec 6 3; mget 6; minc 6 1; minc 40 1; mrec 40 1; mget 40; mget 7",
  });
  await host.fetch("http://a.test/");
  expect(lines(host).map((l) => l.split(" = ")[1])).toEqual([
    "0 4", "0 8", "0 5", "0 6", "2 0", "0", "0", "2", "2", "0", "0 16", "0", "0", "0 18446744073709551614", "0", "2 0", "2", "1", "1", "1 0", "2 0",
  ]); // prettier-ignore
  expect(host.metrics.counter("c")).toBe(16);
  expect(host.metrics.histogram("h")).toEqual([3]);
});

test("metrics: an id of a type answers what it cannot do before it is looked for", async () => {
  await using host = await probeHost({
    request_headers:
      "minc 400 0; minc 400 -1; minc 401 -1; minc 402 -1; minc 403 1; mdef 0 c; minc 4 0",
  });
  await host.fetch("http://a.test/");
  expect(lines(host).map((l) => l.split(" = ")[1])).toEqual(["1", "1", "1", "2", "2", "0 4", "2"]);
});

describe("properties", () => {
  test("requests, plugin, filter state", async () => {
    const ops = [
      "prop request.path", "prop request.url_path", "prop request.query", "prop request.host", "prop request.method",
      "prop request.useragent", "prop request.headers.user-agent", "prop plugin_name", "prop xds.cluster_name", "prop route_name", "prop cluster_name",
      "prop request", "prop nothing", "setprop own 1", "prop own", "setprop a\\0b 1", "prop a.b", "prophex request.size", "prophex response.code", "prophex connection.mtls",
    ]; // prettier-ignore
    expect(await results(ops.join("; "))).toEqual([
      "0 '/p?q=1'", "0 '/p'", "0 'q=1'", "0 'a.test'", "0 'GET'", "0 'ua'", "0 'ua'", "0 'probe'", "0 'backend'", "1 null", "1 null",
      "3 null", "1 null", "0", "0 '1'", "0", "1 null", "0 0000000000000000", "1 null", "0 00",
    ]); // prettier-ignore
  });

  test("Higress keeps the top-level names; a test may set any property", async () => {
    const options = {
      profile: "higress-2.1",
      routes: [{ name: "r", cluster: "backend" }],
      properties: { "xds.x": "given" },
    } as const;
    expect(await results("prop route_name; prop cluster_name; prop xds.x", options)).toEqual([
      "0 'r'",
      "0 'backend'",
      "0 'given'",
    ]);
  });

  test("request headers are gone in the response phase and back in the log", async () => {
    await using host = await probeHost({
      response_headers: "prop request.path; prophex response.code; prop response.code_details",
      log: "prop request.path; prophex response.flags; rep 2 x y; setprop l 1",
    });
    await host.fetch("http://a.test/p");
    expect(lines(host).map((l) => l.split(" = ")[1])).toEqual([
      "1 null",
      "0 c800000000000000",
      "0 'via_upstream'",
      "0 '/p'",
      "0 0000000000000000",
      "2",
      "0",
    ]);
  });

  test("response.code is the upstream's until the log", async () => {
    const ops = "prophex response.code";
    await using host = await probeHost({ response_headers: `rep 2 :status 201; ${ops}`, log: ops });
    expect((await host.fetch("http://a.test/")).status).toBe(201);
    expect(lines(host).map((line) => line.split(" = ")[1])).toEqual([
      "0",
      "0 c800000000000000",
      "0 c900000000000000",
    ]);
  });

  test("a map is a list of pairs, what came twice joined by a comma", async () => {
    const trailers: [string, string][] = [["x", "a"], ["y", "c"], ["x", "b"]]; // prettier-ignore
    await using host = await probeHost(
      { log: "prophex response.trailers" },
      { clusters: { backend: upstream().reply(200, { body: "ok", trailers }) } },
    );
    await host.fetch("http://a.test/");
    const numbers = "02000000" + "01000000" + "03000000" + "01000000" + "01000000";
    const texts = Buffer.from("x\0a,b\0y\0c\0").toString("hex");
    expect(lines(host)[0]!.split(" = ")[1]).toBe(`0 ${numbers}${texts}`);
  });

  test("setting without a stream is NotFound", async () => {
    await using host = await probeHost({
      configure: "setprop a b; prop plugin_name; prop request.path",
    });
    expect(lines(host).map((l) => l.split(" = ")[1])).toEqual(["1", "0 'probe'", "1 null"]);
  });
});

test("foreign functions", async () => {
  const got = await results(
    "foreign compress hello; foreign uncompress nonsense; foreign uncompress; foreign clear_route_cache; foreign nobody; foreign get_log_level; foreign verify_signature",
  );
  expect(got[0]).toMatch(/^0 789c/);
  expect(got.slice(1)).toEqual(["3 null", "3 null", "0 null", "1 null", "1 null", "2 null"]);
  expect((await results("foreign get_log_level", { profile: "higress-2.2" }))[0]).toBe(
    "0 02000000",
  );
});

test("ticks: period, change, stop; every VM ticks", async () => {
  await using host = await probeHost(
    { args: "1", configure: "tick 100", "tick#3": "tick 0" },
    { lifecycle: "envoy" },
  );
  await host.clock.advance(1000);
  expect(lines(host).filter((l) => l.startsWith("tick(")).length).toBe(6);
});

test("clock: wall and monotonic are set apart, 2 of WASI is refused", async () => {
  await using host = await probeHost({ request_headers: "time; clock 0; clock 1; clock 2" });
  host.clock.now = 1000;
  host.clock.monotonic = 5n;
  await host.fetch("http://a.test/");
  expect(lines(host).map((l) => l.split(" = ")[1])).toEqual([
    "0 1000000000",
    "0 1000000000",
    "0 5",
    "58 0",
  ]);
});

test("log levels, WASI output, exit, randomness, environment", async () => {
  await using host = await probeHost(
    {
      request_headers:
        "log 1 hidden; log 4 shown; log 6 bad; level; print 1 out\\n; print 2 err; print 3 x; exit 1; random 65536; random 65537; environ",
    },
    { plugin: { env: { A: "1", B: "2" } } },
  );
  await host.fetch("http://a.test/");
  expect(host.logs.map((l) => `${l.level} ${l.text.replace("request_headers ", "")}`)).toEqual([
    "info log 1 hidden = 0", "error shown", "info log 4 shown = 0", "info log 6 bad = 2", "info level = 0 2",
    "info out", "info print 1 out\\n = 0 4", "error err", "info print 2 err = 0 3", "info print 3 x = 8 0",
    "error wasi_snapshot_preview1.proc_exit() 1", "info exit 1 = returned", "info random 65536 = 0", "info random 65537 = 28", "info environ = 0 2",
  ]); // prettier-ignore
});

test("capabilities: calls answer 10, callbacks are not called", async () => {
  const allowed = [
    "proxy_log",
    "proxy_on_configure",
    "proxy_on_request_headers",
    "proxy_get_buffer_bytes",
  ];
  await using host = await probeHost(
    { args: "1", request_headers: "get 0 :path; exit 0; random 4" },
    { plugin: { allowedCapabilities: allowed } },
  );
  await host.fetch("http://a.test/");
  expect(lines(host)).toContain(
    "Attempted call to restricted proxy-wasm capability: proxy_get_header_map_value",
  );
  expect(lines(host)).toContain("request_headers get 0 :path = 10 null");
  expect(lines(host)).toContain("request_headers random 4 = 76");
  expect(lines(host).some((l) => l.startsWith("log("))).toBe(false);
});

describe("lifecycle", () => {
  test("canary and main plugin by plugin, then the worker; equal plugins share VM and root", async () => {
    const one = { name: "p", wasm: probe, config: config({ args: "1" }) };
    await using host = await createHost({
      plugins: [one, { ...one }, { ...one, name: "q" }],
      clusters: { backend: upstream().reply(200) },
      strict: "off",
    });
    const configured = host.logs
      .filter((l) => l.text.startsWith("configure"))
      .map((l) => `${l.vm} ${l.plugin}`);
    expect(configured).toEqual([
      "canary p",
      "main p",
      "canary q",
      "main q",
      "worker0 p",
      "worker0 q",
    ]);
  });

  test("shutdown: on_done 0 waits for proxy_done", async () => {
    const host = await probeHost({ args: "1", configure: "tick 10", done: "ret 1", tick: "done" });
    await host.fetch("http://a.test/");
    host.logs.length = 0;
    await host.close();
    expect(lines(host)).toEqual(["done(1)"]);
    const clean = await probeHost({ args: "1" });
    clean.logs.length = 0;
    await clean.close();
    expect(lines(clean)).toEqual(["done(1)", "delete(1)"]);
  });

  test("workers: each has its own VM", async () => {
    await using host = await probeHost({ args: "1" }, { lifecycle: "envoy", workers: 2 });
    await host.fetch("http://a.test/", { worker: 1 });
    expect(
      new Set(host.logs.filter((l) => l.text.startsWith("request_headers")).map((l) => l.vm)),
    ).toEqual(new Set(["worker1"]));
  });
});
