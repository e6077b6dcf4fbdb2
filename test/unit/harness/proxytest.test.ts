import { describe, expect, test } from "vitest";
import { createHost, redis, upstream, type Host } from "../../harness/src";
import { lines, probeHost, type ProbeOptions, type Script } from "./probe";
import { ABI, call, MALLOC, UNREACHABLE, wasm, type Fn, type ModuleSpec } from "./wat";

// Quirks of the Go emulator (harness.md 7), as far as profiles.test.ts does not have them.

const GIVE = { params: "i", results: "i" };
const OTHER: Record<string, Fn> = { proxy_on_memory_allocate: GIVE };
const lifecycle: Record<string, Fn> = {
  proxy_on_context_create: { params: "ii" },
  proxy_on_configure: { params: "ii", results: "i", body: [0x41, 1] },
  proxy_on_log: { params: "i" },
};

function load(spec: ModuleSpec): Promise<Host> {
  return createHost({
    profile: "proxytest",
    plugins: [{ name: "m", wasm: wasm(spec) }],
    clusters: { backend: upstream().reply(200) },
    strict: "off",
  });
}

async function answers(
  script: Script,
  options: ProbeOptions = {},
): Promise<(string | undefined)[]> {
  await using host = await probeHost(script, { ...options, profile: "proxytest" });
  const headers = [["x", "1"], ["x", "2"]] as [string, string][]; // prettier-ignore
  await host.fetch("http://a.test/p", { headers }).settle();
  return lines(host).flatMap((line) => (line.includes(" = ") ? [line.split(" = ")[1]] : []));
}

describe("what does not load", () => {
  test.each([
    ["proxy_get_current_time_nanoseconds", "i"],
    ["proxy_get_log_level", "i"],
    ["proxy_get_status", "iii"],
    ["proxy_get_header_map_size", "ii"],
    ["proxy_get_buffer_status", "iii"],
    ["proxy_grpc_call", "iiiiiiiiiiii"],
    ["proxy_grpc_stream", "iiiiiiiii"],
    ["proxy_grpc_send", "iiii"],
    ["proxy_grpc_close", "i"],
    ["proxy_grpc_cancel", "i"],
  ])("a module that imports %s", async (name, params) => {
    const imports = [{ name, params, results: "i" }];
    const module = { imports, exports: { ...ABI, ...OTHER, ...lifecycle } };
    await expect(load(module)).rejects.toThrow(`missing import: env.${name}`);
  });

  test("one with malloc alone", async () => {
    await expect(load({ exports: { ...ABI, ...MALLOC, ...lifecycle } })).rejects.toThrow(
      "missing malloc function",
    );
  });
});

describe("the start of a module", () => {
  const all = { ...OTHER, ...lifecycle, _initialize: {}, _start: {}, main: {} };

  test.each(["_initialize", "_start", "main"])("%s runs beside the others", async (name) => {
    await using _ = await load({ exports: all });
    const trapping = load({ exports: { ...all, [name]: { body: UNREACHABLE } } });
    await expect(trapping).rejects.toThrow(`Function: ${name} failed`);
  });

  test("vm_start does not run, and the ABI is not asked for", async () => {
    const refusing = { params: "ii", results: "i", body: UNREACHABLE };
    await using _ = await load({ exports: { ...all, proxy_on_vm_start: refusing } });
  });
});

describe("what ends the test", () => {
  test("a trap", async () => {
    const host = await probeHost({ request_headers: "trap" }, { profile: "proxytest" });
    await expect(host.fetch("http://a.test/")).rejects.toThrow(
      /unreachable: the Go emulator panics/,
    );
  });

  test("a callback that the module does not export", async () => {
    const host = await load({ exports: { ...OTHER, ...lifecycle } });
    await expect(host.fetch("http://a.test/")).rejects.toThrow(
      "no export proxy_on_request_headers: the Go emulator makes a nil call",
    );
  });
});

test("an empty result leaves the out-pointers as they were", async () => {
  const store = (at: number, value: number) => [0x41, at, 0x41, value, 0x36, 2, 0];
  // A name of three NULs, set to nothing, then read; the status is returned.
  const body = [
    ...store(32, 7),
    ...store(36, 9),
    ...[...call(0, 16, 3, 16, 0), 0x1a],
    ...call(1, 16, 3, 32, 36),
  ];
  const module = {
    imports: [
      { name: "proxy_set_property", params: "iiii", results: "i" },
      { name: "proxy_get_property", params: "iiii", results: "i" },
    ],
    exports: {
      ...OTHER,
      ...lifecycle,
      proxy_on_request_headers: { params: "iii", results: "i", body },
    },
  };
  const host = await load(module);
  const step = await host.stream("GET http://a.test/").headers();
  const { memory } = host.workers[0]!.allVms[0]!;
  const cells = [memory.u32(32), memory.u32(36)];
  expect([step.callbacks[0]!.returned, ...cells]).toEqual([0, 7, 9]);
});

test("of a header that came twice, removing takes the first", async () => {
  const script = { request_headers: "get 0 x; rem 0 x; get 0 x; rem 0 x; get 0 x" };
  expect(await answers(script)).toEqual(["0 '1'", "0", "0 '2'", "0", "1 null"]);
});

test("a metric is its name: the type counts for nothing", async () => {
  const script = { request_headers: "mdef 0 m; mdef 2 m; mdef 1 n; minc 0 5; mget 0; minc 1 -1; mrec 0 2; mget 0" }; // prettier-ignore
  expect(await answers(script)).toEqual(["0 0", "0 0", "0 1", "0", "0 5", "0", "0", "0 2"]);
});

test("an empty body of a call-out is not there", async () => {
  const script = { request_headers: "call any /x 0; ret 4", http_call: "buf 4 0 9; eff; cont 0" };
  const clusters = { backend: upstream().reply(200), any: upstream().reply(204) };
  expect(await answers(script, { clusters })).toEqual(["0 0", "1 null", "0", "0"]);
});

test("nor is an empty reply of Redis", async () => {
  const script = { request_headers: "redis r get k; ret 4", redis: "buf 9 0 9; eff; cont 0" };
  const clusters = { backend: upstream().reply(200), r: redis().fail("drop") };
  expect(await answers(script, { clusters })).toEqual(["0 0", "1 null", "0", "0"]);
});

test("the log level is four zero bytes, a path with NUL can be read back", async () => {
  const script = { request_headers: "foreign get_log_level; setprop a\\0b 1; prop a.b" };
  expect(await answers(script)).toEqual(["0 00000000", "0", "0 '1'"]);
});

describe("what a callback returns is written down as it is", () => {
  test.each([
    [1, "StopIteration"],
    [2, "ContinueAndEndStream"],
    [9, "9"],
  ])("%i", async (value, action) => {
    const body = [0x41, value];
    const headers = { params: "iii", results: "i", body };
    const host = await load({
      exports: { ...ABI, ...OTHER, ...lifecycle, proxy_on_request_headers: headers },
    });
    const { callbacks } = await host.stream("GET http://a.test/").headers();
    expect(callbacks[0]).toMatchObject({ action, returned: value });
  });
});
