import { readFileSync } from "node:fs";

type Callback = (...args: number[]) => number;

/**
 * The bare exports of a module, to be called in any order, as no gateway would. Imports answer Ok
 * and write nothing, but for the few a driver needs: log lines, one header, the log level, and which
 * contexts the host knows.
 */
export class RawHost {
  readonly lines: string[] = [];
  /** What each header is that is read alone. */
  path = "/";
  /** The one header there is when all are read, and its value. */
  header = "x-value";
  value = "";
  /** What each property is. */
  property = "";
  configuration = "";
  /** Status of reading the configuration. */
  configurationStatus = 0;
  /** Root contexts that exist for `proxy_set_effective_context`. */
  readonly contexts = new Set<number>();
  effective = 0;
  /** What the host does during a call of the guest, such as calling the guest back; by import. */
  readonly during = new Map<string, () => void>();
  /** How often the guest called each import. */
  readonly calls = new Map<string, number>();
  /** What an import answers instead of doing anything. */
  readonly statuses = new Map<string, number>();
  /** The host's log level. */
  logLevel = 0;
  private readonly exports: Record<string, Callback> & { memory: WebAssembly.Memory };

  constructor(wasm: string) {
    const module = new WebAssembly.Module(readFileSync(wasm));
    const imports: WebAssembly.Imports = {};
    for (const { module: from, name } of WebAssembly.Module.imports(module)) {
      const answer = this.known(name) ?? (() => 0);
      (imports[from] ??= {})[name] = (...args: number[]) => {
        this.calls.set(name, (this.calls.get(name) ?? 0) + 1);
        this.during.get(name)?.();
        return this.statuses.get(name) ?? answer(...args);
      };
    }
    const instance = new WebAssembly.Instance(module, imports);
    this.exports = instance.exports as typeof this.exports;
    this.exports["_initialize"]?.();
  }

  get memorySize(): number {
    return this.exports.memory.buffer.byteLength;
  }

  /** Calls an export; a trap is an exception. */
  call(name: string, ...args: number[]): number {
    const run = this.exports[name];
    if (run === undefined) throw new Error(`no export ${name}`);
    return run(...args);
  }

  /** Creates and configures a root context. */
  root(id: number, configuration: string): number {
    this.contexts.add(id);
    this.call("proxy_on_context_create", id, 0);
    this.call("proxy_on_vm_start", id, 0);
    this.configuration = configuration;
    return this.call("proxy_on_configure", id, configuration.length);
  }

  /** Takes the lines so far. */
  take(): string[] {
    return this.lines.splice(0);
  }

  private known(name: string): Callback | undefined {
    switch (name) {
      case "proxy_log":
        return (_level, ptr, size) => {
          this.lines.push(Buffer.from(this.exports.memory.buffer, ptr, size).toString());
          return 0;
        };
      case "proxy_get_buffer_bytes":
        return (_type, _start, _length, outPtr, outSize) =>
          this.configurationStatus || this.give(this.configuration, outPtr!, outSize!);
      case "proxy_get_header_map_value":
        return (_map, _name, _size, outPtr, outSize) => this.give(this.path, outPtr!, outSize!);
      case "proxy_get_header_map_pairs":
        return (_map, outPtr, outSize) =>
          this.give(serialised(this.header, this.value), outPtr!, outSize!);
      case "proxy_get_property":
        return (_path, _size, outPtr, outSize) => this.give(this.property, outPtr!, outSize!);
      case "proxy_get_log_level":
        return (outLevel) => {
          new DataView(this.exports.memory.buffer).setUint32(outLevel!, this.logLevel, true);
          return 0;
        };
      case "proxy_set_effective_context":
        return (id) => {
          if (!this.contexts.has(id!)) return 2;
          this.effective = id!;
          return 0;
        };
      default:
        return undefined;
    }
  }

  write(at: number, data: string | Buffer): void {
    Buffer.from(this.exports.memory.buffer).set(Buffer.from(data as string), at);
  }

  read(at: number, size: number): string {
    return Buffer.from(this.exports.memory.buffer, at, size).toString();
  }

  /** Hands a text to the guest, as hosts do: its allocator, then its out-cells. */
  give(data: string | Buffer, outPtr: number, outSize: number): number {
    const bytes = Buffer.from(data as string);
    const at = this.call("proxy_on_memory_allocate", bytes.length) >>> 0;
    this.write(at, bytes);
    const view = new DataView(this.exports.memory.buffer);
    view.setUint32(outPtr, at, true);
    view.setUint32(outSize, bytes.length, true);
    return 0;
  }
}

/** One pair in the host's form. */
function serialised(name: string, value: string): Buffer {
  const numbers = Buffer.alloc(12);
  for (const [i, number] of [1, name.length, value.length].entries()) {
    numbers.writeUInt32LE(number, i * 4);
  }
  return Buffer.concat([numbers, Buffer.from(`${name}\0${value}\0`)]);
}
