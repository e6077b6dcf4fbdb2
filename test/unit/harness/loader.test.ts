import { describe, expect, test } from "vitest";
import { createHost, parseModule, upstream, type HostOptions } from "../../harness/src";
import { capMemory } from "../../harness/src/abi/rewrite";
import { ABI, call, i32, MALLOC, UNREACHABLE, wasm, type ModuleSpec } from "./wat";

function load(spec: ModuleSpec | Uint8Array, options: Partial<HostOptions> = {}) {
  const bytes = spec instanceof Uint8Array ? spec : wasm(spec);
  return createHost({
    plugins: [{ name: "m", wasm: bytes }],
    clusters: { backend: upstream().reply(200) },
    ...options,
  });
}

const DROP = 0x1a;

describe("refused modules", () => {
  test.each<[string, ModuleSpec | Uint8Array, string]>([
    ["next to nothing", Uint8Array.of(1, 2, 3), "Missing or unknown Proxy-Wasm ABI version"],
    ["not wasm", new Uint8Array(20), "Failed to parse corrupted Wasm module"],
    ["no ABI", { exports: MALLOC }, "Missing or unknown Proxy-Wasm ABI version"],
    [
      "only 0_2_100",
      { exports: { proxy_abi_version_0_2_100: {}, ...MALLOC } },
      "Missing or unknown Proxy-Wasm ABI version",
    ],
    ["no malloc", { exports: ABI }, "Wasm module is missing malloc function."],
    [
      "missing import",
      { imports: [{ name: "nobody" }], exports: { ...ABI, ...MALLOC } },
      "due to a missing import: env.nobody",
    ],
    [
      "abort of AssemblyScript",
      { imports: [{ name: "abort", params: "iiii" }], exports: { ...ABI, ...MALLOC } },
      "redefine abort",
    ],
    [
      "imported global",
      { imports: [{ name: "g", kind: "global" }], exports: { ...ABI, ...MALLOC } },
      "due to a missing import: env.g",
    ],
    [
      "import type",
      {
        imports: [{ name: "proxy_log", params: "i", results: "i" }],
        exports: { ...ABI, ...MALLOC },
      },
      "an import type mismatch: env.proxy_log, want: i32 -> i32, but host exports: i32 i32 i32 -> i32",
    ],
    [
      "callback type",
      { exports: { ...ABI, ...MALLOC, proxy_on_log: { params: "i", results: "i" } } },
      "Bad function signature for: proxy_on_log, want: i32 -> void, but the module exports: i32 -> i32",
    ],
    [
      "0.1.0 call under 0.2.1",
      {
        imports: [{ name: "proxy_clear_route_cache", results: "i" }],
        exports: { ...ABI, ...MALLOC },
      },
      "missing import: env.proxy_clear_route_cache",
    ],
    [
      "level under 0.2.0",
      {
        imports: [{ name: "proxy_get_log_level", params: "i", results: "i" }],
        exports: { proxy_abi_version_0_2_0: {}, ...MALLOC },
      },
      "missing import: env.proxy_get_log_level",
    ],
    [
      "redis on Envoy",
      {
        imports: [{ name: "proxy_redis_call", params: "iiiii", results: "i" }],
        exports: { ...ABI, ...MALLOC },
      },
      "missing import: env.proxy_redis_call",
    ],
    [
      "right path_symlink",
      {
        imports: [
          { module: "wasi_snapshot_preview1", name: "path_symlink", params: "iiiii", results: "i" },
        ],
        exports: { ...ABI, ...MALLOC },
      },
      "import type mismatch",
    ],
    [
      "trap in start",
      { exports: { ...ABI, ...MALLOC, _initialize: { body: UNREACHABLE } } },
      "Failed to initialize Wasm code",
    ],
    [
      "host call in start",
      {
        imports: [{ name: "proxy_done", results: "i" }],
        exports: { ...ABI, ...MALLOC, _start: { body: [...call(0), DROP] } },
      },
      "restricted_callback",
    ],
    [
      "vm_start false",
      { exports: { ...ABI, ...MALLOC, proxy_on_vm_start: { params: "ii", results: "i" } } },
      "Failed to start base Wasm",
    ],
    [
      "configure false",
      { exports: { ...ABI, ...MALLOC, proxy_on_configure: { params: "ii", results: "i" } } },
      "Failed to configure base Wasm plugin",
    ],
  ])("%s", async (_name, spec, message) => {
    await expect(load(spec)).rejects.toThrow(message);
  });

  test("the plugin's name and the host's last line are in the message, fail-open or not", async () => {
    const bytes = wasm({
      exports: {
        ...ABI,
        ...MALLOC,
        proxy_on_configure: { params: "ii", results: "i", body: UNREACHABLE },
      },
    });
    const host = createHost({ plugins: [{ name: "m", wasm: bytes, failOpen: true }] });
    await expect(host).rejects.toThrow(/Plugin m failed to load\nUnable to create Wasm plugin m/);
  });
});

describe("accepted modules", () => {
  test.each<[string, ModuleSpec]>([
    ["ABI and malloc only", { exports: { ...ABI, ...MALLOC } }],
    [
      "other allocator",
      { exports: { ...ABI, proxy_on_memory_allocate: { params: "i", results: "i" } } },
    ],
    ["first known version wins", { exports: { proxy_abi_version_0_2_100: {}, ...ABI, ...MALLOC } }],
    [
      "unknown exports",
      { exports: { ...ABI, ...MALLOC, proxy_on_redis_call_response: { params: "i" } } },
    ],
    [
      "imported memory and table",
      {
        imports: [
          { name: "memory", kind: "memory" },
          { name: "t", kind: "table" },
        ],
        exports: { ...ABI, ...MALLOC },
        memory: false,
      },
    ],
    [
      "the same import twice",
      {
        imports: [
          { name: "proxy_done", results: "i" },
          { name: "proxy_done", results: "i" },
        ],
        exports: { ...ABI, ...MALLOC },
      },
    ],
    [
      "_start ignored next to _initialize",
      { exports: { ...ABI, ...MALLOC, _initialize: {}, _start: { body: UNREACHABLE } } },
    ],
    [
      "0.1.0 headers callback",
      {
        exports: {
          proxy_abi_version_0_1_0: {},
          ...MALLOC,
          proxy_on_request_headers: { params: "ii", results: "i" },
        },
      },
    ],
  ])("%s", async (_name, spec) => {
    await using host = await load(spec);
    expect((await host.fetch("http://a.test/")).status).toBe(200);
  });

  test("a trap in the root's context_create: the server starts, every request gets 503", async () => {
    await using host = await load({
      exports: { ...ABI, ...MALLOC, proxy_on_context_create: { params: "ii", body: UNREACHABLE } },
    });
    expect((await host.fetch("http://a.test/")).status).toBe(503);
  });

  test("main runs after _initialize, with two zeros", async () => {
    const trapping = {
      exports: {
        ...ABI,
        ...MALLOC,
        _initialize: {},
        main: { params: "ii", results: "i", body: UNREACHABLE },
      },
    };
    await expect(load(trapping)).rejects.toThrow("Failed to initialize Wasm code");
  });
});

test("options are checked", async () => {
  await expect(createHost({ plugins: [] })).rejects.toThrow("at least one");
  await expect(
    load({ exports: { ...ABI, ...MALLOC } }, { profile: "nginx" as never }),
  ).rejects.toThrow("envoy-1.40, higress-2.1");
  await expect(
    load({ exports: { ...ABI, ...MALLOC } }, { routes: [{ cluster: "none" }] }),
  ).rejects.toThrow("unknown cluster");
  for (const [wrong, reason] of [
    [{ workers: 0 }, "workers: a whole number from 1, not 0"],
    [{ workers: 1.5 }, "workers: a whole number from 1, not 1.5"],
    [{ lifecycle: "one" }, 'lifecycle: one of envoy, single, not "one"'],
    [{ clock: "slow" }, 'clock: one of fake, real, not "slow"'],
    [{ downstream: "h3" }, 'downstream: one of h1, h2, not "h3"'],
    [{ strict: "yes" }, 'strict: one of off, warn, error, not "yes"'],
  ] as const) {
    await expect(
      load({ exports: { ...ABI, ...MALLOC } }, wrong as unknown as Partial<HostOptions>),
    ).rejects.toThrow(reason);
  }
});

test.each<[string, number | undefined]>([
  ["as the module allows", undefined],
  ["to what the module allows, if that is less", 100],
])("an imported memory grows to the cap, or %s", async (_name, maximum) => {
  const grow = (pages: number) => [...i32(pages), 0x40, 0, DROP];
  const spec: ModuleSpec = {
    imports: [{ name: "memory", kind: "memory", maximum }],
    exports: {
      ...ABI,
      ...MALLOC,
      proxy_on_request_headers: {
        params: "iii",
        results: "i",
        body: [...grow(256), ...grow((maximum ?? 256) - 1), ...grow(1), ...i32(0)],
      },
    },
    memory: false,
  };
  await using host = await load(spec, { maxMemoryMiB: 16, lifecycle: "single" });
  await host.fetch("http://a.test/");
  expect(host.memorySize).toBe((maximum ?? 256) * 65536);
});

test("a module that imports more than the cap gets what it needs to begin, and no more", async () => {
  const spec: ModuleSpec = {
    imports: [{ name: "memory", kind: "memory", minimum: 20 }],
    exports: {
      ...ABI,
      ...MALLOC,
      proxy_on_request_headers: {
        params: "iii",
        results: "i",
        body: [...i32(1), 0x40, 0, DROP, ...i32(0)],
      },
    },
    memory: false,
  };
  await using host = await load(spec, { maxMemoryMiB: 1, lifecycle: "single" });
  await host.fetch("http://a.test/");
  expect(host.memorySize).toBe(20 * 65536);
});

test("the parser tells signatures, and the memory cap rewrites only the memory section", () => {
  const bytes = wasm({
    imports: [{ name: "proxy_log", params: "iii", results: "i" }],
    exports: { ...ABI, ...MALLOC },
  });
  const info = parseModule(bytes);
  expect(info.imports[0]).toMatchObject({
    name: "proxy_log",
    type: { params: "iii", results: "i" },
  });
  expect(info.exports.map((e) => e.name)).toEqual(["proxy_abi_version_0_2_1", "malloc", "memory"]);
  expect(parseModule(capMemory(bytes, info, 300)).memory).toEqual({
    minimum: 1,
    maximum: 300,
    imported: false,
  });
  expect(() => parseModule(bytes.subarray(0, 20))).toThrow(SyntaxError);
});
