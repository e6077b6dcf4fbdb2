import { readFileSync } from "node:fs";
import { encodePairs, hostileBytes, hostilePairs } from "./hostile-bytes.js";
import { Random } from "./random.js";

type Guest = Record<string, (...args: number[]) => number> & { memory: WebAssembly.Memory };

/** What the plugin under test may meet instead of sensible values. */
export interface HostileOptions {
  wasm: string;
  configuration: string;
  seed: number;
  /** Values that get deep into the plugin, by header name; `*` for everything that has none. */
  sensible?: Readonly<Record<string, readonly string[]>>;
}

const SECOND_ROOT = 1000;

/** Exports that a host calls at the start, or while the guest waits for an answer. */
const NOT_LATER = /_(vm_start|configure|memory_allocate)$/;

/** Well-formed, but ten times what a host takes back. */
const CROWD_OF_HEADERS = encodePairs(
  Array.from({ length: 10_000 }, (_, i) => [
    Buffer.from(i % 7 ? `x-${i}` : "x-api-key"),
    Buffer.from(i % 3 ? `v${i}\0\xff` : "", "latin1"),
  ]),
);

/**
 * A host that keeps no promise of the ABI but memory safety: every read may answer any status and
 * any bytes, every callback may come in any order, for any context, any number of times. A plugin
 * that survives this has no trap for a client to find.
 */
export class HostileHost {
  private readonly random: Random;
  private readonly guest: Guest;
  private readonly sensible = new Map<string, readonly Uint8Array[]>();
  private readonly allSensible: readonly Uint8Array[];
  private isConfiguring = false;
  /** In quiet callbacks most answers make sense, so that the guest gets past its first checks. */
  private isQuiet = false;
  /** Host functions the guest has called. */
  readonly called = new Set<string>();
  /** Callbacks that have been called after the start. */
  readonly entered = new Set<string>();
  private static readonly modules = new Map<string, WebAssembly.Module>();

  constructor(private readonly options: HostileOptions) {
    this.random = new Random(options.seed);
    for (const [name, texts] of Object.entries(options.sensible ?? {})) {
      this.sensible.set(
        name,
        texts.map((text) => new TextEncoder().encode(text)),
      );
    }
    this.allSensible = [...this.sensible.values()].flat();
    let module = HostileHost.modules.get(options.wasm);
    if (!module) {
      module = new WebAssembly.Module(readFileSync(options.wasm));
      HostileHost.modules.set(options.wasm, module);
    }
    this.guest = new WebAssembly.Instance(module, this.imports(module)).exports as Guest;
    this.guest["_initialize"]?.();
  }

  /** Starts two root contexts with the same configuration; true when the plugin accepted its configuration. */
  start(): boolean {
    return [1, SECOND_ROOT].map((root) => this.startRoot(root)).every((accepted) => accepted);
  }

  private startRoot(root: number): boolean {
    this.isConfiguring = true;
    this.guest["proxy_on_context_create"]?.(root, 0);
    this.guest["proxy_on_vm_start"]?.(root, 0);
    const size = Buffer.byteLength(this.options.configuration);
    const accepted = this.guest["proxy_on_configure"]?.(root, size) === 1;
    this.isConfiguring = false;
    return accepted;
  }

  /** The host functions the guest may call. */
  get imported(): string[] {
    const module = HostileHost.modules.get(this.options.wasm)!;
    return WebAssembly.Module.imports(module).map(({ name }) => name);
  }

  /** Runs one random callback of one random stream. */
  step(): void {
    try {
      this.callback();
    } catch (error) {
      throw new Error(`seed ${this.options.seed}: ${this.lastWords || String(error)}`, {
        cause: error,
      });
    }
  }

  private callback(): void {
    const random = this.random;
    this.isQuiet = random.chance(0.5);
    const id = 2 + random.below(6);
    const size = random.pick([0, 1, 70_000, 0x7fffffff, -1]);
    const end = random.below(2);
    const calls: [string, number[]][] = [
      ["proxy_on_context_create", [id, random.pick([1, 1, SECOND_ROOT, 77])]],
      ["proxy_on_request_headers", [id, size, end]],
      ["proxy_on_request_headers", [id, size, end]],
      ["proxy_on_request_body", [id, size, end]],
      ["proxy_on_request_body", [id, size, 1]],
      ["proxy_on_request_trailers", [id, size]],
      ["proxy_on_response_headers", [id, size, end]],
      ["proxy_on_response_body", [id, size, end]],
      ["proxy_on_response_trailers", [id, size]],
      ["proxy_on_http_call_response", [1, random.below(8), size, size, 0]],
      ["proxy_on_redis_call_response", [1, random.below(8), random.below(2), size]],
      ["proxy_on_tick", [random.pick([1, id])]],
      ["proxy_on_queue_ready", [1, id]],
      ["proxy_on_done", [random.pick([1, id])]],
      ["proxy_on_log", [id]],
      ["proxy_on_delete", [id]],
    ];
    const [name, args] = random.pick(calls);
    const callback = this.guest[name];
    if (!callback) return;
    this.entered.add(name);
    callback(...args);
  }

  /** Callbacks of the guest that a host may call at any time. */
  get callbacks(): string[] {
    return Object.keys(this.guest).filter(
      (name) => /^proxy_on_/.test(name) && !NOT_LATER.test(name),
    );
  }

  /** Bytes of guest memory. */
  get memorySize(): number {
    return this.guest.memory.buffer.byteLength;
  }

  private imports(module: WebAssembly.Module): WebAssembly.Imports {
    const imports: WebAssembly.Imports = {};
    for (const { module: space, name } of WebAssembly.Module.imports(module)) {
      (imports[space] ??= {})[name] = (...args: number[]) => this.call(name, args);
    }
    return imports;
  }

  /** The guest's last words: our abort logs message, file and line before it traps. */
  lastWords = "";

  private call(name: string, args: number[]): number {
    this.called.add(name);
    if (name === "proxy_log" && args[0] === 5) {
      const text = new Uint8Array(this.guest.memory.buffer, args[1], args[2]);
      this.lastWords = Buffer.from(text).toString();
    }
    // Roots are alive then, and a host that gives no ticks is refused, which would be the end.
    if (this.isConfiguring && /^proxy_set_(effective_context|tick_period)/.test(name)) return 0;
    const outs = name === "proxy_get_shared_data" ? args.slice(2, 4) : args.slice(-2);
    if (name === "proxy_get_header_map_pairs") {
      if (!this.isQuiet) {
        const crowd = this.random.chance(0.02);
        return this.give(outs, crowd ? CROWD_OF_HEADERS : hostilePairs(this.random));
      }
      return this.give(outs, encodePairs(this.headers()), 0);
    }
    if (name === "proxy_get_buffer_bytes" && args[0] === 7 && this.isConfiguring) {
      return this.give(outs, new TextEncoder().encode(this.options.configuration), 0);
    }
    if (/^proxy_(get_(header|prop|buffer|shared)|dequeue|call_foreign)/.test(name)) {
      if (this.isQuiet && this.random.chance(0.5)) return 1; // not found
      const bytes = this.isQuiet && this.random.chance(0.9) ? this.answer(name, args) : null;
      return this.give(
        outs,
        bytes ?? hostileBytes(this.random, this.allSensible),
        bytes ? 0 : undefined,
      );
    }
    if (
      /_call$|define_metric|register|resolve|get_metric|get_log_level|clock|sizes_get|environ_get/.test(
        name,
      )
    ) {
      return this.giveNumber(name, args);
    }
    return this.status();
  }

  /** A sensible value for what is asked. */
  private answer(name: string, args: number[]): Uint8Array {
    let values = this.sensible.get("*");
    if (name === "proxy_get_header_map_value") {
      const header = Buffer.from(this.guest.memory.buffer, args[1], args[2]).toString("latin1");
      values = this.sensible.get(header) ?? values;
    }
    return this.random.pick(values ?? this.allSensible);
  }

  /** Some headers, each with a sensible value or now and then a hostile one. */
  private headers(): [Uint8Array, Uint8Array][] {
    return [...this.sensible]
      .filter(([name]) => name !== "*" && this.random.chance(0.5))
      .map(([name, values]) => [
        Buffer.from(name),
        this.random.chance(0.9) ? this.random.pick(values) : hostileBytes(this.random, values),
      ]);
  }

  private status(): number {
    return this.isQuiet || this.random.chance(0.7) ? 0 : this.random.below(13);
  }

  /** Writes an address and a size to the two out-pointers; some hosts leave them untouched instead. */
  private give(outs: number[], bytes: Uint8Array, status = this.status()): number {
    if (status !== 0 && this.random.chance(0.5)) return status;
    if (bytes.length === 0 && this.random.chance(0.5)) return status;
    const at = bytes.length === 0 ? 0 : this.guest["proxy_on_memory_allocate"]!(bytes.length) >>> 0;
    if (bytes.length > 0) new Uint8Array(this.guest.memory.buffer).set(bytes, at);
    const view = new DataView(this.guest.memory.buffer);
    view.setUint32(outs[0]!, at, true);
    view.setUint32(outs[1]!, bytes.length, true);
    return status;
  }

  private giveNumber(name: string, args: number[]): number {
    // What lies at these addresses must fit what the guest asked for.
    if (/environ_get/.test(name)) return 1;
    const view = new DataView(this.guest.memory.buffer);
    const isLong = /clock|get_metric/.test(name);
    const at = args[args.length - 1]!;
    if (isLong) view.setBigUint64(at, BigInt(this.random.below(2 ** 32)) << 28n, true);
    else view.setUint32(at, this.random.below(8), true);
    return this.status();
  }
}
