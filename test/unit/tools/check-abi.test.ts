import { describe, expect, it } from "vitest";
import { importsOf } from "../../../build/tools/abi.js";
import { abiProblems } from "../../../build/tools/check-abi.js";
import { readWasm } from "../../../build/tools/wasm.js";
import { assemble, type Sketch } from "./wasm-binary.js";

const EXPORTS: [string, string][] = [
  ["proxy_abi_version_0_2_100", ">"],
  ["proxy_abi_version_0_2_1", ">"],
  ["proxy_on_memory_allocate", "i>i"],
  ["proxy_on_request_headers", "iii>i"],
];

const module = (change: Sketch = {}): Uint8Array => assemble({ exports: EXPORTS, ...change });
const without = (name: string): [string, string][] => EXPORTS.filter((entry) => entry[0] !== name);

describe("reading a WebAssembly binary", () => {
  it("finds what the engine finds, with types", async () => {
    const binary = module({
      imports: [
        ["env", "proxy_log", "iii>i"],
        ["env", "proxy_increment_metric", "iI>i"],
      ],
    });
    const compiled = await WebAssembly.compile(binary as Uint8Array<ArrayBuffer>);
    const { imports, exports, memory } = readWasm(binary);
    expect(imports.map(({ module, name, kind }) => ({ module, name, kind }))).toEqual(
      WebAssembly.Module.imports(compiled),
    );
    expect(exports.map(({ name, kind }) => ({ name, kind }))).toEqual(
      WebAssembly.Module.exports(compiled),
    );
    expect(imports.map((entry) => entry.signature)).toEqual([
      "i32 i32 i32 -> i32",
      "i32 i64 -> i32",
    ]);
    expect(exports.at(3)?.signature).toBe("i32 i32 i32 -> i32");
    expect(exports.at(0)?.signature).toBe("->");
    expect(memory).toEqual({ min: 1, max: null });
  });

  it.each([
    [new Uint8Array(), "not a WebAssembly module"],
    [Uint8Array.from(Buffer.from("\0asm\x02\0\0\0")), "not a WebAssembly module"],
    [module().slice(0, 12), "cut short"],
  ])("refuses what is none", (bytes, message) => {
    expect(() => readWasm(bytes)).toThrow(message);
  });
});

describe("check-abi", () => {
  it.each(["envoy", "higress"] as const)("accepts a plain module for %s", (host) => {
    const imports: Sketch["imports"] = [
      ["env", "proxy_log", "iii>i"],
      ["wasi_snapshot_preview1", "clock_time_get", "iIi>i"],
    ];
    expect(abiProblems(module({ imports }), host)).toEqual([]);
  });

  it("allows a Higress-only call in the Higress build only", () => {
    const binary = module({ imports: [["env", "proxy_redis_call", "iiiii>i"]] });
    expect(abiProblems(binary, "higress")).toEqual([]);
    expect(abiProblems(binary, "envoy")).toEqual([
      "imports env.proxy_redis_call, which only Higress has: guard it with isDefined(HIGRESS)",
    ]);
  });

  it.each(["proxy_get_log_level", "proxy_get_current_time_nanoseconds"])(
    "keeps %s, which Higress's Go emulator lacks, out of the Higress build",
    (name) => {
      const binary = module({ imports: [["env", name, "i>i"]] });
      expect(abiProblems(binary, "envoy")).toEqual([]);
      expect(abiProblems(binary, "higress")[0]).toContain("Go test emulator");
    },
  );

  it("names the cure for the imports AssemblyScript adds by itself", () => {
    const binary = module({ imports: [["env", "abort", "iiii>"]] });
    expect(abiProblems(binary, "envoy")[0]).toContain("PLUGIN_FLAGS");
  });

  it("refuses a host call of another type", () => {
    const binary = module({ imports: [["env", "proxy_increment_metric", "ii>i"]] });
    expect(abiProblems(binary, "envoy")).toEqual([
      "imports env.proxy_increment_metric as (i32 i32 -> i32); the host has (i32 i64 -> i32)",
    ]);
  });

  it("refuses ABI markers in the other order: Higress would stop at the wrong one", () => {
    const [first, second, ...rest] = EXPORTS as [[string, string], [string, string]];
    const binary = assemble({ exports: [second, first, ...rest] });
    expect(abiProblems(binary, "higress")[0]).toContain("exports the ABI markers");
  });

  it.each(["proxy_abi_version_0_2_1", "proxy_abi_version_0_2_100"])("misses %s", (name) => {
    expect(abiProblems(assemble({ exports: without(name) }), "envoy")).toHaveLength(1);
  });

  it("misses the allocator and the memory", () => {
    const exports = without("proxy_on_memory_allocate");
    expect(abiProblems(assemble({ exports, memory: false }), "envoy")).toEqual([
      "does not export its memory",
      "does not export proxy_on_memory_allocate; the host cannot hand over bytes",
    ]);
  });

  it("refuses a callback of another type, and one that no host calls", () => {
    const exports: [string, string][] = [
      ...without("proxy_on_request_headers"),
      ["proxy_on_request_headers", "ii>i"],
      ["proxy_on_request_header", "iii>i"],
    ];
    expect(abiProblems(assemble({ exports }), "envoy")).toEqual([
      "exports proxy_on_request_headers as (i32 i32 -> i32); the host calls (i32 i32 i32 -> i32)",
      "exports proxy_on_request_header, which no host calls",
    ]);
  });

  it("offers no Higress call to Envoy", () => {
    expect(importsOf("envoy").has("env.proxy_redis_init")).toBe(false);
    expect(importsOf("higress").has("env.proxy_redis_init")).toBe(true);
  });
});
