import { ABI, call, MALLOC, UNREACHABLE, wasm, type ModuleSpec } from "../unit/harness/wat.js";

const DROP = 0x1a;
const WASI = "wasi_snapshot_preview1";
const plain = { ...ABI, ...MALLOC };
const refuse = { params: "ii", results: "i" };

/** Modules by what is special about them (E01 and E02 of the list in the harness contract). */
const SPECS: Record<string, ModuleSpec> = {
  "the least that loads": { exports: plain },
  "no ABI": { exports: MALLOC },
  "an unknown ABI": { exports: { proxy_abi_version_0_2_100: {}, ...MALLOC } },
  "two ABIs, the old one first": { exports: { proxy_abi_version_0_1_0: {}, ...plain } },
  "two ABIs, the unknown one first": { exports: { proxy_abi_version_0_2_100: {}, ...plain } },
  "a call of 0.1.0 with 0.2.1 first": {
    imports: [{ name: "proxy_clear_route_cache", results: "i" }],
    exports: { ...ABI, proxy_abi_version_0_1_0: {}, ...MALLOC },
  },
  "a call of 0.1.0 with 0.1.0 first": {
    imports: [{ name: "proxy_clear_route_cache", results: "i" }],
    exports: { proxy_abi_version_0_1_0: {}, ...plain },
  },
  "a call of 0.2.1 under 0.2.0": {
    imports: [{ name: "proxy_get_log_level", params: "i", results: "i" }],
    exports: { proxy_abi_version_0_2_0: {}, ...MALLOC },
  },
  "no malloc": { exports: ABI },
  "the other allocator": {
    exports: { ...ABI, proxy_on_memory_allocate: { params: "i", results: "i" } },
  },
  "a missing import": { imports: [{ name: "nobody" }], exports: plain },
  "the compiler's abort": { imports: [{ name: "abort", params: "iiii" }], exports: plain },
  "an imported global": { imports: [{ name: "g", kind: "global" }], exports: plain },
  "an imported memory": { imports: [{ name: "memory", kind: "memory" }], exports: plain, memory: false }, // prettier-ignore
  "an imported table": { imports: [{ name: "table", kind: "table" }], exports: plain },
  "an import of another type": {
    imports: [{ name: "proxy_log", params: "i", results: "i" }],
    exports: plain,
  },
  "a 64-bit parameter as a 32-bit one": {
    imports: [{ name: "proxy_increment_metric", params: "ii", results: "i" }],
    exports: plain,
  },
  "Redis, which only Higress has": {
    imports: [{ name: "proxy_redis_call", params: "iiiii", results: "i" }],
    exports: plain,
  },
  "an import of WASI as WASI has it, not the host": {
    imports: [{ module: WASI, name: "path_symlink", params: "iiiii", results: "i" }],
    exports: plain,
  },
  "an unknown module": { imports: [{ module: "elsewhere", name: "proxy_log" }], exports: plain },
  "a callback of another type": {
    exports: { ...plain, proxy_on_log: { params: "i", results: "i" } },
  },
  "a trap in _initialize": { exports: { ...plain, _initialize: { body: UNREACHABLE } } },
  "a trap in _start": { exports: { ...plain, _start: { body: UNREACHABLE } } },
  "a trap in _start, which _initialize replaces": {
    exports: { ...plain, _initialize: {}, _start: { body: UNREACHABLE } },
  },
  "a trap in main after _initialize": {
    exports: {
      ...plain,
      _initialize: {},
      main: { params: "ii", results: "i", body: UNREACHABLE },
    },
  },
  "a host call in the start function": {
    imports: [{ name: "proxy_done", results: "i" }],
    exports: { ...plain, _start: { body: [...call(0), DROP] } },
  },
  "vm_start says no": { exports: { ...plain, proxy_on_vm_start: refuse } },
  "vm_start traps": {
    exports: { ...plain, proxy_on_vm_start: { ...refuse, body: UNREACHABLE } },
  },
  "configure says no": { exports: { ...plain, proxy_on_configure: refuse } },
  "configure traps": {
    exports: { ...plain, proxy_on_configure: { ...refuse, body: UNREACHABLE } },
  },
  "context_create of the root traps": {
    exports: { ...plain, proxy_on_context_create: { params: "ii", body: UNREACHABLE } },
  },
};

export const MODULES: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ["no wasm at all", Uint8Array.of(1, 2, 3)],
  ["nothing", new Uint8Array(0)],
  ["text", new TextEncoder().encode("this is no wasm module at all")],
  ["a module that ends early", wasm({ exports: plain }).subarray(0, 40)],
  ["a section that is longer than the file", wasm({ exports: plain }).with(9, 0x7f)],
  ...Object.entries(SPECS).map(([what, spec]) => [what, wasm(spec)] as const),
];
