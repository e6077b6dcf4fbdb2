import binaryen from "binaryen";
import { readFileSync } from "node:fs";

/**
 * The module of a file, changed to call `env.log_execution` where a function or a turn of a loop begins
 * and where a function returns: what it does can be counted, the same on every machine.
 */
export function countingSteps(file: string): Uint8Array {
  const module = binaryen.readBinary(readFileSync(file));
  module.setFeatures(binaryen.Features.All);
  module.runPasses(["log-execution"]);
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}
