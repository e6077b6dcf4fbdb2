import type { Profile } from "../profiles/index.js";
import { envoy140 } from "../profiles/envoy-1.40.js";
import { Status } from "./enums.js";
import { linkImports, memoryOf } from "./imports.js";
import { checkModule } from "./link.js";
import { GuestMemory } from "./memory.js";
import { parseModule, type ModuleInfo } from "./module.js";

/** A host function of the caller's; arguments as V8 passes them, the result is the status. */
export type HostCall = (abi: Abi, ...args: (number | bigint)[]) => number | void;
/** By import name, e.g. `proxy_log`; what is absent answers Unimplemented (WASI: ENOSYS). */
export type HostCalls = Readonly<Record<string, HostCall>>;

type Export = (...args: (number | bigint)[]) => number | undefined;

const ENOSYS = 52;

/**
 * A module alone behind the ABI (layer 1, harness.md section 1): checked and linked as the host
 * does, without streams, clock or rules. A trap is the caller's own exception. Nothing here needs Node.
 */
export class Abi {
  readonly info: ModuleInfo;
  /** As in the export's name, e.g. `0_2_1`. */
  readonly version: string;
  readonly memory: GuestMemory;
  private readonly exports: Record<string, unknown>;

  private constructor(bytes: Uint8Array, calls: HostCalls, profile: Profile) {
    this.info = parseModule(bytes);
    this.version = checkModule(this.info, profile);
    const { imports, memory } = linkImports(this.info, this.version, profile, (item, fn) => {
      const call = Object.hasOwn(calls, item.name) ? calls[item.name] : undefined;
      const absent = item.module === "env" ? Status.Unimplemented : ENOSYS;
      if (call) return (...args: (number | bigint)[]) => call(this, ...args);
      return () => (fn.results === "" ? undefined : absent);
    });
    const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    this.exports = new WebAssembly.Instance(module, imports).exports;
    this.memory = new GuestMemory(memoryOf(memory, this.exports));
  }

  /** Throws LoadError in the host's words, SyntaxError for a broken binary. Starts nothing. */
  static instantiate(bytes: Uint8Array, calls: HostCalls = {}, profile = envoy140): Abi {
    return new Abi(bytes, calls, profile);
  }

  has(name: string): boolean {
    return typeof this.exports[name] === "function";
  }

  /** Calls an export; undefined if there is none, as a host passes over it. */
  call(name: string, ...args: (number | bigint)[]): number | undefined {
    return this.has(name) ? (this.exports[name] as Export)(...args) : undefined;
  }

  /** The start functions in the host's order (harness.md section 3.6). */
  start(): void {
    if (!this.has("_initialize")) return void this.call("_start");
    this.call("_initialize");
    if (this.has("main")) this.call("main", 0, 0);
    else this.call("__main_void");
  }

  /** Copies `data` into memory of the guest's allocator; 0 if that gives none. */
  give(data: Uint8Array): number {
    const name = this.has("malloc") ? "malloc" : "proxy_on_memory_allocate";
    const pointer = this.call(name, data.length) ?? 0;
    if (pointer === 0 || !this.memory.holds(pointer, data.length)) return 0;
    this.memory.write(pointer, data);
    return pointer;
  }
}
