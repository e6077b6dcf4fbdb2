import { readFileSync } from "node:fs";
import { instantiate, type Imports } from "@assemblyscript/loader";
import { countingSteps } from "../../support/steps.js";
import { buildLibrary } from "../sdk/build.js";

type Argument = string | Uint8Array;

/** Runs an operation of a driver: numbers and bytes in, bytes or null out. A trap is an exception. */
export type Run = (operation: string, parameters: number[], ...args: Argument[]) => Buffer | null;

/** What a driver imports. @param memory its own, once it runs */
export type Host = (memory: () => WebAssembly.Memory) => WebAssembly.Imports;

const abortOnly: Host = () => ({
  env: {
    abort: (_message: number, _file: number, line: number, column: number): never => {
      throw new Error(`abort at ${line}:${column}`);
    },
  },
});

/** The exports of ../json/driver/frame.ts. */
interface Frame {
  memory: WebAssembly.Memory;
  input(size: number): number;
  outputAt(): number;
  outputLength(): number;
}

/**
 * Compiles and instantiates a driver that is made of ../json/driver/frame.ts.
 *
 * @param host what it imports; left out: `abort`
 * @param onExports gets the exports before anything of the driver runs
 * @param words a word list that becomes part of the module
 * @param onStep called for each step of it, see `countingSteps`
 */
export async function loadDriver(
  entry: string,
  host: Host = abortOnly,
  onExports: (exports: WebAssembly.Exports) => void = () => undefined,
  words?: string,
  onStep?: () => void,
): Promise<Run> {
  const file = await buildLibrary(entry, words);
  const bytes = onStep ? countingSteps(file) : readFileSync(file);
  const module = await WebAssembly.compile(bytes as Uint8Array<ArrayBuffer>);
  const imports = host(() => frame.memory);
  if (onStep) (imports["env"] ??= {})["log_execution"] = onStep;
  const { instance } = await instantiate(module, imports as Imports);
  const frame: Frame & Record<string, (...n: number[]) => void> = instance.exports as never;
  onExports(instance.exports);
  frame["_initialize"]?.();

  return (operation, parameters, ...args) => {
    const parts = args.map((arg) => Buffer.from(arg));
    let at = frame.input(parts.reduce((size, part) => size + 4 + part.length, 0));
    for (const part of parts) {
      new DataView(frame.memory.buffer).setInt32(at, part.length, true);
      new Uint8Array(frame.memory.buffer).set(part, at + 4);
      at += 4 + part.length;
    }
    const run = frame[operation];
    if (run === undefined) throw new Error(`the driver has no operation ${operation}`);
    run(...parameters);
    const length = frame.outputLength();
    if (length < 0) return null;
    const from = frame.outputAt();
    return Buffer.from(frame.memory.buffer.slice(from, from + length));
  };
}
