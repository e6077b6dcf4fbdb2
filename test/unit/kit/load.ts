import { loadDriver } from "../bytes/load.js";

/** Runs an operation of the pure driver: bytes in, bytes or null out. A trap is an exception. */
export type Run = (operation: string, ...args: (string | Uint8Array)[]) => Buffer | null;

/** Compiles and instantiates `driver/pure.ts`. */
export async function loadPure(): Promise<Run> {
  const run = await loadDriver("test/unit/kit/driver/pure.ts");
  return (operation, ...args) => run(operation, [], ...args);
}
