import { createHash } from "node:crypto";
import type { SourceMap } from "node:module";
import { LoadError } from "../abi/link.js";
import { isWasm, parseModule, type ModuleInfo } from "../abi/module.js";
import { capMemory, exposeGlobals } from "../abi/rewrite.js";
import type { Snapshot } from "../abi/snapshot.js";

/** A module ready to be instantiated, with what V8 does not tell. */
export interface Compiled {
  hash: string;
  info: ModuleInfo;
  module: WebAssembly.Module;
  /** Bytes that were put in before the code: V8's offsets are so much too large. */
  shift: number;
  /** From byte offsets to source lines; null without a map file. */
  sourceMap: SourceMap | null;
  /**
   * What start functions made of an instance, by their names; null where that is not the same each
   * time. Instances made later begin with it: half of what a small test takes is starting modules.
   */
  started: Map<string, Start | null>;
}

export interface StartCall {
  name: string;
  args: number[];
  result: number | undefined;
}

/** Start functions that asked the host for nothing, and what they left. */
export interface Start {
  calls: readonly StartCall[];
  snapshot: Snapshot;
}

const cache = new Map<string, Compiled>();
const hashes = new WeakMap<Uint8Array, string>();

function hashOf(bytes: Uint8Array): string {
  let hash = hashes.get(bytes);
  if (!hash) hashes.set(bytes, (hash = createHash("sha256").update(bytes).digest("hex")));
  return hash;
}

/** Compiles once per content and page cap; hosts made later share the result. */
export function compile(bytes: Uint8Array, maxPages: number): Compiled {
  const hash = hashOf(bytes);
  const key = `${hash}:${maxPages}`;
  let compiled = cache.get(key);
  if (compiled) return compiled;
  // Less than a header is no version for the host, anything else without one is corrupted.
  if (bytes.length < 8)
    throw new LoadError("Missing or unknown Proxy-Wasm ABI version", "", "load");
  if (!isWasm(bytes)) throw new LoadError("Failed to parse corrupted Wasm module", "", "load");
  try {
    const info = parseModule(bytes);
    const capped = exposeGlobals(capMemory(bytes, info, maxPages));
    const module = new WebAssembly.Module(capped as Uint8Array<ArrayBuffer>);
    // Every section that is changed stands before the code.
    const shift = capped.length - bytes.length;
    compiled = { hash, info, module, shift, sourceMap: null, started: new Map() };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new LoadError("Failed to parse corrupted Wasm module", reason, "load");
  }
  cache.set(key, compiled);
  return compiled;
}
