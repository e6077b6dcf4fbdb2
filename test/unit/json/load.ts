import { readFileSync } from "node:fs";
import { instantiate } from "@assemblyscript/loader";
import { buildLibrary } from "../sdk/build.js";

export type Input = string | Uint8Array;

/** The exports every driver has (driver/frame.ts). */
interface Frame {
  memory: WebAssembly.Memory;
  input(size: number): number;
  outputAt(): number;
  outputLength(): number;
}

/** A compiled driver: operations by name, bytes in, bytes or null out. */
export interface Driver {
  bytes(operation: string, ...args: Input[]): Uint8Array | null;
  /** The same as text. */
  text(operation: string, ...args: Input[]): string | null;
  /** The same for an operation with parameters of its own. */
  run(operation: string, parameters: number[], ...args: Input[]): string | null;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Compiles `driver/<name>.ts` unless its module is up to date. */
export async function compileDriver(name: string): Promise<string> {
  return await buildLibrary(`test/unit/json/driver/${name}.ts`);
}

/** Instantiates the driver with this name. A trap becomes an exception. */
export async function loadDriver(name: string): Promise<Driver> {
  const outFile = await compileDriver(name);
  const { instance } = await instantiate(readFileSync(outFile), {
    env: {
      abort(_message: number, _file: number, line: number, column: number): never {
        throw new Error(`abort at ${line}:${column}`);
      },
    },
  });
  const exports = instance.exports as unknown as Frame &
    Record<string, (...parameters: number[]) => void>;
  exports["_initialize"]?.();

  function call(operation: string, parameters: number[], args: Input[]): Uint8Array | null {
    const parts = args.map((arg) => (typeof arg === "string" ? encoder.encode(arg) : arg));
    const size = parts.reduce((sum, part) => sum + 4 + part.length, 0);
    let at = exports.input(size);
    for (const part of parts) {
      new DataView(exports.memory.buffer).setInt32(at, part.length, true);
      new Uint8Array(exports.memory.buffer).set(part, at + 4);
      at += 4 + part.length;
    }
    const run = exports[operation];
    if (run === undefined) throw new Error(`driver ${name} has no operation ${operation}`);
    run(...parameters);
    const length = exports.outputLength();
    if (length < 0) return null;
    return new Uint8Array(exports.memory.buffer).slice(
      exports.outputAt(),
      exports.outputAt() + length,
    );
  }

  function text(operation: string, parameters: number[], args: Input[]): string | null {
    const out = call(operation, parameters, args);
    return out === null ? null : decoder.decode(out);
  }

  return {
    bytes: (operation, ...args) => call(operation, [], args),
    text: (operation, ...args) => text(operation, [], args),
    run: (operation, parameters, ...args) => text(operation, parameters, args),
  };
}
