import { loadDriver, type Host, type Run } from "../bytes/load.js";

const OK = 0;
const NOT_FOUND = 1;
const CAS_MISMATCH = 8;

interface Value {
  data: Uint8Array;
  cas: number;
}

/** Shared data as both gateways have it (ai-cache.md, Annex D.1), and a place to interrupt its users. */
export class SharedData {
  readonly values = new Map<string, Value>();
  /** Gauges and counters by name. */
  readonly metrics: Record<string, number> = {};
  /** Called before each get and set. A set answers CasMismatch when this says so. */
  before: (call: "get" | "set", key: string) => boolean | undefined = () => undefined;
  private stamp = 0;
  private names: string[] = [];
  private random = 1n;

  get(key: string): Value | null {
    this.before("get", key);
    return this.values.get(key) ?? null;
  }

  set(key: string, data: Uint8Array, cas: number): number {
    if (this.before("set", key) === true) return CAS_MISMATCH;
    const present = this.values.get(key);
    if (cas !== 0 && present !== undefined && present.cas !== cas) return CAS_MISMATCH;
    this.values.set(key, { data: data.slice(), cas: ++this.stamp });
    return OK;
  }

  /** Bytes of all values whose key has this in it. */
  size(part: string): number {
    let sum = 0;
    for (const [key, { data }] of this.values) if (key.includes(part)) sum += data.length;
    return sum;
  }

  /** What a module imports. @param allocate its memory for results */
  host(allocate: (size: number) => number): Host {
    return (memory) => {
      const slice = (at: number, length: number) =>
        new Uint8Array(memory().buffer, at, length).slice();
      const text = (at: number, length: number) => Buffer.from(slice(at, length)).toString();
      const poke = (at: number, value: number) =>
        new DataView(memory().buffer).setUint32(at, value, true);
      const env: WebAssembly.ModuleImports = {
        proxy_get_shared_data: (k: number, kl: number, at: number, size: number, cas: number) => {
          const found = this.get(text(k, kl));
          if (found === null) return NOT_FOUND;
          const copy = allocate(found.data.length);
          new Uint8Array(memory().buffer).set(found.data, copy);
          poke(at, copy);
          poke(size, found.data.length);
          poke(cas, found.cas);
          return OK;
        },
        proxy_set_shared_data: (k: number, kl: number, v: number, vl: number, cas: number) =>
          this.set(text(k, kl), slice(v, vl), cas >>> 0),
        proxy_define_metric: (_type: number, name: number, length: number, id: number) => {
          const known = this.names.indexOf(text(name, length));
          if (known < 0) this.names.push(text(name, length));
          poke(id, known < 0 ? this.names.length - 1 : known);
          return OK;
        },
        proxy_increment_metric: (id: number, by: bigint) => {
          const name = this.names[id] ?? "";
          this.metrics[name] = (this.metrics[name] ?? 0) + Number(by);
          return OK;
        },
        random_get: (at: number, length: number) => {
          this.random = BigInt.asUintN(64, this.random * 6364136223846793005n + 1n);
          const bytes = Buffer.alloc(8);
          bytes.writeBigUInt64LE(this.random);
          new Uint8Array(memory().buffer).set(bytes.subarray(0, Math.min(8, length)), at);
          return OK;
        },
        abort: (_message: number, _file: number, line: number, column: number): never => {
          throw new Error(`abort at ${line}:${column}`);
        },
      };
      const module = new Proxy(env, {
        get: (known, name: string) =>
          known[name] ??
          (() => {
            throw new Error(`the driver called ${name}`);
          }),
      });
      return new Proxy({}, { get: () => module });
    };
  }
}

/** Starts a worker: a module of its own over the same shared data. */
export async function startWorker(entry: string, shared: SharedData): Promise<Run> {
  let allocate: (size: number) => number = () => 0;
  const run = await loadDriver(
    entry,
    shared.host((size) => allocate(size)),
    (exports) => {
      allocate = exports["proxy_on_memory_allocate"] as (size: number) => number;
    },
  );
  return run;
}
