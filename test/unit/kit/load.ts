import { readFileSync } from "node:fs";
import { build } from "./build.js";

/** The exports of `driver/pure.ts` that every operation shares (../json/driver/frame.ts). */
interface Frame {
  memory: WebAssembly.Memory;
  input(size: number): number;
  outputAt(): number;
  outputLength(): number;
}

/** Runs an operation of the pure driver: bytes in, bytes or null out. A trap is an exception. */
export type Run = (operation: string, ...args: (string | Uint8Array)[]) => Buffer | null;

/** Compiles and instantiates `driver/pure.ts`. */
export async function loadPure(): Promise<Run> {
  const module = await WebAssembly.compile(readFileSync(await build("pure", [], [])));
  const instance = await WebAssembly.instantiate(module, {
    env: {
      abort(_message: number, _file: number, line: number, column: number): never {
        throw new Error(`abort at ${line}:${column}`);
      },
    },
  });
  const frame = instance.exports as unknown as Frame & Record<string, () => void>;
  frame["_initialize"]?.();

  return (operation, ...args) => {
    const parts = args.map((arg) => Buffer.from(arg));
    let at = frame.input(parts.reduce((size, part) => size + 4 + part.length, 0));
    for (const part of parts) {
      new DataView(frame.memory.buffer).setInt32(at, part.length, true);
      new Uint8Array(frame.memory.buffer).set(part, at + 4);
      at += 4 + part.length;
    }
    const run = frame[operation];
    if (run === undefined) throw new Error(`the driver has no operation ${operation}`);
    run();
    const length = frame.outputLength();
    if (length < 0) return null;
    const from = frame.outputAt();
    return Buffer.from(frame.memory.buffer.slice(from, from + length));
  };
}
