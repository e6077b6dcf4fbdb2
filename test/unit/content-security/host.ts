import type { Host } from "../bytes/load.js";

/** Seconds since 1970 at which the host's clock stands: 2026-01-02T03:04:05Z. */
export const NOW = 1_767_323_045;

const CRITICAL = 5;

/**
 * What back ends need of a host: a clock that stands, random bytes 0, 1, 2 and so on, and a log that
 * wants nothing. All else that a driver imports fails when it is called.
 */
export const stubHost: Host = (memory) => {
  const known: WebAssembly.ModuleImports = {
    clock_time_get: (_clock: number, _precision: bigint, at: number): number => {
      new DataView(memory().buffer).setBigUint64(at, BigInt(NOW) * 1_000_000_000n, true);
      return 0;
    },
    random_get: (at: number, length: number): number => {
      new Uint8Array(memory().buffer).set(
        Uint8Array.from({ length }, (_, i) => i & 255),
        at,
      );
      return 0;
    },
    proxy_get_log_level: (at: number): number => {
      new DataView(memory().buffer).setUint32(at, CRITICAL, true);
      return 0;
    },
    abort: (_message: number, _file: number, line: number, column: number): never => {
      throw new Error(`abort at ${line}:${column}`);
    },
  };
  const module = new Proxy(known, {
    get: (imports, name: string) =>
      imports[name] ??
      (() => {
        throw new Error(`a driver called ${name}`);
      }),
  });
  return new Proxy({}, { get: () => module });
};
