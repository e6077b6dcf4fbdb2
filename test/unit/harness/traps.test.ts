import { describe, expect, test } from "vitest";
import { createHost, upstream } from "../../harness/src";
import { lines, probeHost } from "./probe";
import { ABI, call, MALLOC, UNREACHABLE, wasm } from "./wat";

const seen = (all: string[], name: string) => all.filter((l) => l.startsWith(`${name}(`)).length;

describe("a trap in request headers", () => {
  test("FAIL_CLOSED: 503, the VM is dead, all later streams 503", async () => {
    await using host = await probeHost({ args: "1", request_headers: "add 0 x 1; trap" });
    expect(await host.fetch("http://a.test/")).toMatchObject({
      status: 503,
      details: "wasm_fail_stream",
      local: true,
    });
    expect((await host.fetch("http://a.test/")).status).toBe(503);
    expect(lines(host).join("\n")).toContain(
      "Function: proxy_on_request_headers failed: Uncaught RuntimeError: unreachable",
    );
    expect(seen(lines(host), "log")).toBe(0);
  });

  test("to gRPC the 503 is status 14", async () => {
    await using host = await probeHost({ request_headers: "trap" });
    const headers = { "content-type": "application/grpc" };
    const answer = await host.fetch("http://a.test/", { headers, body: "x" });
    expect(answer).toMatchObject({ status: 200, details: "wasm_fail_stream" });
    expect(answer.headers.get("grpc-status")).toBe("14");
  });

  test("legacy fail_open: goes on with the edits made; later streams skip the plugin", async () => {
    await using host = await probeHost(
      { args: "1", request_headers: "add 0 x 1; trap" },
      { plugin: { failOpen: true } },
    );
    const answer = await host.fetch("http://a.test/");
    expect(answer.status).toBe(200);
    expect(answer.upstream[0]!.get("x")).toBe("1");
    expect((await host.fetch("http://a.test/")).status).toBe(200);
    expect(seen(lines(host), "request_headers")).toBe(1);
  });

  test("FAIL_OPEN: the trapping stream still gets 503", async () => {
    await using host = await probeHost(
      { request_headers: "trap" },
      { plugin: { failurePolicy: "FAIL_OPEN" } },
    );
    expect((await host.fetch("http://a.test/")).status).toBe(503);
    expect((await host.fetch("http://a.test/")).status).toBe(200);
  });

  test("FAIL_RELOAD: 503 inside the backoff, then a new VM; shared data survives", async () => {
    await using host = await probeHost(
      { args: "1", "request_headers#1": "sget k; sset k v 0; trap", configure: "sget k" },
      { plugin: { failurePolicy: "FAIL_RELOAD" } },
    );
    expect((await host.fetch("http://a.test/")).status).toBe(503);
    expect((await host.fetch("http://a.test/")).status).toBe(503);
    await host.clock.advance(1000);
    expect((await host.fetch("http://a.test/")).status).toBe(503);
    expect(lines(host)).toContain("configure sget k = 0 'v' 1");
    expect(host.metrics.counter("wasm.probe.vm_reload_success")).toBe(1);
    expect(host.metrics.counter("wasm.probe.vm_reload_backoff")).toBe(1);
  });

  test("with both switches the configuration is refused", async () => {
    const plugin = { failOpen: true, failurePolicy: "FAIL_OPEN" } as const;
    await expect(probeHost({}, { plugin })).rejects.toThrow(
      "only one of fail_open or failure_policy can be set",
    );
  });
});

test("a trap after the response headers were sent resets", async () => {
  await using host = await probeHost({ response_body: "trap" });
  expect(await host.fetch("http://a.test/")).toMatchObject({ status: 200, reset: true });
});

test("a trap in a callout callback: the paused stream is never answered", async () => {
  await using host = await probeHost(
    { request_headers: "call auth / 0; ret 4", http_call: "trap" },
    { clusters: { backend: upstream().reply(200), auth: upstream().reply(200) }, strict: "error" },
  );
  const s = host.stream("GET http://a.test/");
  await s.headers({ end: true });
  await expect(s.response()).rejects.toThrow("S28");
});

test("a host call inside the allocator kills the VM", async () => {
  await using host = await probeHost(
    { request_headers: "malloc 2; get 0 :path" },
    { strict: "error" },
  );
  expect((await host.fetch("http://a.test/")).status).toBe(503);
  expect(lines(host).join("\n")).toContain(
    "Function: malloc failed: Uncaught Error: restricted_callback",
  );
  expect(host.violations.map((v) => v.rule)).toContain("S23");
});

test("higress-2.1 does not restrict the allocator", async () => {
  await using host = await probeHost(
    { request_headers: "malloc 2; get 0 :path" },
    { profile: "higress-2.1" },
  );
  expect((await host.fetch("http://a.test/")).status).toBe(200);
});

test("an allocator that answers 0 makes calls answer 6", async () => {
  await using host = await probeHost({
    request_headers: "malloc 1; get 0 :path; malloc 0; get 0 :path",
  });
  await host.fetch("http://a.test/p");
  expect(lines(host).map((l) => l.split(" = ")[1])).toEqual(["6 null", "0 '/p'"]);
});

test("faults: forced status, injected trap, failing allocator, hook", async () => {
  await using host = await probeHost({ request_headers: "get 0 :path; sget k" });
  const read = async () => {
    host.logs.length = 0;
    const { status } = await host.fetch("http://a.test/p");
    return [status, ...lines(host).map((l) => l.split(" = ")[1])];
  };
  host.inject.status("proxy_get_header_map_value", 10, { times: 1 });
  expect(await read()).toEqual([200, "10 null", "1 null 0"]);
  expect(await read()).toEqual([200, "0 '/p'", "1 null 0"]);
  host.inject.clear();
  host.inject.allocator(1, 1);
  expect(await read()).toEqual([200, "6 null", "1 null 0"]);
  host.inject.clear();
  host.inject.before("proxy_get_shared_data", () => host.sharedData.set("k", "v"));
  expect(await read()).toEqual([200, "0 '/p'", "0 'v' 1"]);
  host.inject.trap("proxy_get_shared_data");
  expect((await read())[0]).toBe(503);
});

test("an endless loop is stopped by the watchdog", async () => {
  await using host = await probeHost({ request_headers: "loop" }, { callTimeoutMs: 1000 });
  expect((await host.fetch("http://a.test/")).status).toBe(503);
  expect(lines(host).join()).toContain("timed out");
});

test("memory is capped", async () => {
  await using host = await probeHost(
    { request_headers: "grow 400; grow 10" },
    { maxMemoryMiB: 16 },
  );
  await host.fetch("http://a.test/");
  expect(lines(host)[0]).toBe("request_headers grow 400 = -1");
  expect(lines(host)[1]).not.toContain("-1");
});

describe("the backtrace of a trap", () => {
  const spec = {
    exports: {
      ...ABI,
      ...MALLOC,
      inner: { body: UNREACHABLE },
      proxy_on_request_headers: { params: "iii", results: "i", body: [...call(2), 0x41, 0] },
    },
  };
  const logged = async (bytes: Uint8Array) => {
    await using host = await createHost({
      plugins: [{ name: "m", wasm: bytes }],
      clusters: { backend: upstream().reply(200) },
      strict: "off",
    });
    await host.fetch("http://a.test/");
    return lines(host).at(-1)!;
  };

  test("stands in the log when the module has names", async () => {
    const bytes = wasm({ ...spec, names: { 2: "broken", 0: "version" } });
    const [trap, head, ...frames] = (await logged(bytes)).split("\n");
    expect(trap).toBe("Function: proxy_on_request_headers failed: Uncaught RuntimeError: unreachable"); // prettier-ignore
    expect(head).toBe("Proxy-Wasm plugin in-VM backtrace:");
    const at = (function_: number[]) => {
      const text = Buffer.from(bytes).toString("latin1");
      return text.indexOf(Buffer.from(function_).toString("latin1")).toString(16);
    };
    expect(frames).toEqual([
      `  0:  0x${at([0x00, 0x0b, 0x06])} - broken`,
      `  1:  0x${at(call(2))} - unknown(function index:3)`,
    ]);
  });

  test("is left out when it has none", async () => {
    expect(await logged(wasm(spec))).not.toContain("\n");
  });
});
