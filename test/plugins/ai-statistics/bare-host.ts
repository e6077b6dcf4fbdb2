import { readFileSync } from "node:fs";

type Exports = Record<string, (...args: number[]) => number> & { memory: WebAssembly.Memory };

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Numbers of the ABI: what a call answers, whose headers, which buffer. */
const OK = 0;
const NOT_FOUND = 1;
const CAS_MISMATCH = 8;
const REQUEST_HEADERS = 0;
const PLUGIN_CONFIGURATION = 7;

/** Shared data of a process: each value with its stamp. */
export type SharedData = Map<string, { data: Uint8Array; cas: number }>;

/**
 * As little of a gateway as ai-statistics needs, for requests by the hundred thousand and to count steps;
 * other plugins get along with it, too: no network, no filter chain, no checks. For everything else there is
 * the harness.
 */
export class BareHost {
  /** Counters and gauges by name. */
  readonly metrics = new Map<string, number>();
  /** What was left in the stream's properties, where it can be read; cleared by the next exchange. */
  readonly properties = new Map<string, string>();
  /** What the gateway says of a stream, by the joined path; nothing by default. */
  readonly given = new Map<string, string>();
  /** What was logged. */
  readonly lines: string[] = [];
  /** What every clock says. */
  nowNs = 0n;
  /** Every byte that the host draws. */
  lot = 0;
  /** Steps since the start, where the module counts them (`countingSteps`). */
  steps = 0;
  private readonly ids: string[] = [];
  private readonly exports: Exports;
  private readonly configuration: Uint8Array;
  private headers: Uint8Array[] = [];
  private body: Uint8Array = new Uint8Array(0);
  private nextStream = 2;

  /**
   * @param wasm the module, or its file
   * @param shared what workers of one process have together
   * @param logLevel the lowest level that is logged; 5 is critical
   */
  constructor(
    wasm: string | Uint8Array,
    configuration: object,
    private readonly shared: SharedData = new Map(),
    private readonly logLevel = 5,
  ) {
    this.configuration = encoder.encode(JSON.stringify(configuration));
    const bytes = typeof wasm === "string" ? readFileSync(wasm) : wasm;
    const module = new WebAssembly.Module(bytes as Uint8Array<ArrayBuffer>);
    const calls = this.calls();
    const imports: WebAssembly.Imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      (imports[from] ??= {})[name] = calls[name] ?? (() => OK);
    }
    this.exports = new WebAssembly.Instance(module, imports).exports as unknown as Exports;
    this.call("_initialize");
    this.call("proxy_on_context_create", 1, 0);
    this.call("proxy_on_vm_start", 1, 0);
    this.configure();
  }

  /** Hands the configuration over, as gateways do at the start, and may do again. */
  configure(): void {
    if (!this.call("proxy_on_configure", 1, this.configuration.length)) throw new Error("refused");
  }

  /** Names of all metrics that were defined, as often as they were. */
  get defined(): readonly string[] {
    return this.ids;
  }

  get memoryBytes(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** One request, in chunks too where there are several, and its answer. */
  exchange(
    request: object,
    body: string | readonly (string | Uint8Array)[],
    response: object,
    chunks: readonly (string | Uint8Array)[],
  ): void {
    const id = this.nextStream++;
    this.properties.clear();
    this.headers = [request, response].map((headers) => pairs(Object.entries(headers)));
    this.call("proxy_on_context_create", id, 1);
    this.call("proxy_on_request_headers", id, 1, 0);
    const parts = typeof body === "string" ? [body] : body;
    for (const [i, part] of parts.entries()) {
      this.pass("proxy_on_request_body", id, part, i === parts.length - 1);
    }
    this.call("proxy_on_response_headers", id, 1, 0);
    for (const chunk of chunks) this.pass("proxy_on_response_body", id, chunk, false);
    this.pass("proxy_on_response_body", id, "", true);
    this.call("proxy_on_log", id);
  }

  /** A request whose client leaves while nothing was answered. */
  leave(request: object, body: string): void {
    const id = this.nextStream++;
    this.properties.clear();
    this.headers = [pairs(Object.entries(request)), pairs([])];
    this.call("proxy_on_context_create", id, 1);
    this.call("proxy_on_request_headers", id, 1, 0);
    this.pass("proxy_on_request_body", id, body, true);
    this.call("proxy_on_log", id);
  }

  private pass(callback: string, id: number, body: string | Uint8Array, isLast: boolean): void {
    this.body = typeof body === "string" ? encoder.encode(body) : body;
    this.call(callback, id, this.body.length, isLast ? 1 : 0);
  }

  private call(name: string, ...args: number[]): number {
    return this.exports[name]?.(...args) ?? 0;
  }

  private calls(): Record<string, (...args: number[]) => number> {
    return {
      log_execution: () => this.steps++,
      clock_time_get: (_clock, _precision, to) => {
        new DataView(this.exports.memory.buffer).setBigUint64(to!, this.nowNs, true);
        return OK;
      },
      random_get: (at, size) => {
        new Uint8Array(this.exports.memory.buffer, at, size).fill(this.lot);
        return OK;
      },
      proxy_get_property: (at, length, to, size) => {
        const path = this.text(at!, length!).replaceAll("\0", ".");
        const found = this.given.get(path) ?? this.properties.get(path);
        return found === undefined ? NOT_FOUND : this.give(encoder.encode(found), to!, size!);
      },
      proxy_set_property: (at, length, value, size) => {
        this.properties.set(this.text(at!, length!), this.text(value!, size!));
        return OK;
      },
      proxy_get_shared_data: (at, length, to, size, cas) => {
        const found = this.shared.get(this.text(at!, length!));
        if (!found) return NOT_FOUND;
        this.put(cas!, found.cas);
        return this.give(found.data, to!, size!);
      },
      proxy_set_shared_data: (at, length, value, size, cas) => {
        const key = this.text(at!, length!);
        const before = this.shared.get(key)?.cas;
        // 0xffffffff: only if there is none.
        if (before !== undefined && before !== cas! >>> 0) return CAS_MISMATCH;
        const data = new Uint8Array(this.exports.memory.buffer, value, size).slice();
        this.shared.set(key, { data, cas: (before ?? 0) + 1 });
        return OK;
      },
      proxy_get_log_level: (to) => this.put(to!, this.logLevel),
      proxy_log: (_level, at, length) => {
        this.lines.push(this.text(at!, length!));
        return OK;
      },
      proxy_get_buffer_bytes: (type, _start, _length, at, size) =>
        this.give(type === PLUGIN_CONFIGURATION ? this.configuration : this.body, at!, size!),
      proxy_get_header_map_pairs: (type, at, size) =>
        this.give(this.headers[type === REQUEST_HEADERS ? 0 : 1]!, at!, size!),
      proxy_define_metric: (_type, at, length, to) => {
        return this.put(to!, this.ids.push(this.text(at!, length!)) - 1);
      },
      proxy_increment_metric: (id, by) => {
        const name = this.ids[id!] ?? "";
        this.metrics.set(name, (this.metrics.get(name) ?? 0) + Number(by));
        return OK;
      },
    };
  }

  private text(at: number, length: number): string {
    return decoder.decode(new Uint8Array(this.exports.memory.buffer, at, length));
  }

  private put(to: number, value: number): number {
    new DataView(this.exports.memory.buffer).setUint32(to, value, true);
    return OK;
  }

  private give(bytes: Uint8Array, at: number, size: number): number {
    const to = this.call("proxy_on_memory_allocate", bytes.length);
    new Uint8Array(this.exports.memory.buffer, to, bytes.length).set(bytes);
    this.put(size, bytes.length);
    return this.put(at, to);
  }
}

/** Pairs in the serialised form of the ABI. */
function pairs(entries: [string, string][]): Uint8Array {
  const numbers = [entries.length, ...entries.flatMap((pair) => pair.map((text) => text.length))];
  const text = entries.map(([name, value]) => `${name}\0${value}\0`).join("");
  const table = new Uint8Array(Uint32Array.from(numbers).buffer);
  return new Uint8Array([...table, ...encoder.encode(text)]);
}
