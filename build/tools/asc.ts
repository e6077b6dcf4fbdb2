import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { relative, resolve } from "node:path";
import type { Transform } from "assemblyscript/asc";
import { fixBytes, linkFixed } from "./fixed-bytes.js";
import { packWords, readWordList } from "./words/automaton.js";

/** What to compile, in paths relative to the repository root. */
export interface Compilation {
  entry: string;
  outFile: string;
  /** Names that `isDefined` sees, such as HIGRESS. */
  defines?: string[];
  target?: "release" | "debug";
  /** Further files whose exports the module has too. */
  also?: string[];
  /** Further command-line flags. */
  flags?: string[];
  /** Bytes that the module may have once its short functions are lengthened (pack/lengthen.ts). */
  lengthenTo?: number;
  /** A word list that becomes part of the module (build/tools/words). */
  words?: string;
}

/** What the compiler looked for, in paths relative to the repository root. */
export interface Sources {
  read: string[];
  /** Places it tried before it found a file elsewhere. */
  missed: string[];
}

/**
 * Runs the AssemblyScript compiler: the one place that does, so that every module of the
 * repository is built with the same flags (asconfig.json).
 *
 * @returns what it read
 * @throws Error with the compiler's own output when it refuses the source
 */
export async function compile(what: Compilation): Promise<Sources> {
  // Loaded only when there is something to compile: it takes seconds.
  const asc = await import("assemblyscript/asc");
  const { LeanArrays } = await import("./lean/arrays.js");
  const { LeanConstructors } = await import("./lean/constructors.js");
  const { LeanMembers } = await import("./lean/members.js");
  const { LeanVisits } = await import("./lean/visits.js");
  const transforms: object[] = [
    new LeanMembers(),
    new LeanVisits(),
    new LeanConstructors(),
    new LeanArrays(),
  ];
  if (what.words !== undefined) {
    const { WordList } = await import("./lean/word-list.js");
    transforms.push(new WordList(readWords(what.words)));
  }
  asc.libraryFiles["rt/index-minimal"] = RUNTIME;
  const sources: Sources = { read: what.words === undefined ? [] : [what.words], missed: [] };
  const readFile = (name: string, folder: string): string | null => {
    const path = resolve(folder, name);
    const text = readSource(path);
    sources[text === null ? "missed" : "read"].push(relative(".", path));
    return text;
  };
  const { error, stderr } = await asc.main(
    [
      what.entry,
      ...(what.also ?? []),
      "--config",
      "asconfig.json",
      "--target",
      what.target ?? "release",
      "--outFile",
      what.outFile,
      ...(what.defines ?? []).flatMap((name) => ["--use", `${name}=1`]),
      ...(what.flags ?? []),
    ],
    { readFile, transforms: transforms as unknown as Transform[] },
  );
  const output = stderr.toString();
  if (error) throw new Error(`${what.entry} does not compile:\n${output || error.message}`);
  if (output.trim()) process.stderr.write(output);
  const wasm = readFileSync(what.outFile);
  linkFixed(wasm);
  writeFileSync(what.outFile, wasm);
  return sources;
}

/**
 * In place of asc's runtime "minimal". A runtime of one's own, asc would take for "incremental" and
 * keep track of references on the stack, which doubles the code and which nobody needs here.
 */
const RUNTIME = `import "@ai-gateway-wasm/runtime/assembly/objects";`;

/** The list in the form that modules carry. @throws Error naming the file, which is missing or no list */
export function readWords(file: string): Uint8Array {
  try {
    return packWords(readWordList(readFileSync(file)));
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Null for a file that does not exist: asc then tries the next place. */
function readSource(path: string): string | null {
  if (!existsSync(path)) return null;
  const text = readFileSync(path, "utf8");
  return path.endsWith(".ts") ? fixBytes(text) : text;
}

/** What a module depends on besides its own source; whoever keeps modules must know of it. */
export const COMPILER: readonly string[] = [
  "asconfig.json",
  "build/tools/asc.ts",
  "build/tools/fixed-bytes.ts",
  "build/tools/lean/api.ts",
  "build/tools/lean/arrays.ts",
  "build/tools/lean/constructors.ts",
  "build/tools/lean/data.ts",
  "build/tools/lean/members.ts",
  "build/tools/lean/visits.ts",
  "build/tools/lean/word-list.ts",
  "build/tools/segments.ts",
  "build/tools/wasm.ts",
  "build/tools/words/automaton.ts",
  "shared/runtime/assembly/blocks.ts",
  "shared/runtime/assembly/members.ts",
  "shared/runtime/assembly/objects.ts",
  "shared/runtime/assembly/spans.ts",
  "node_modules/assemblyscript/package.json",
];

/** Flags of every module that a gateway loads: our abort (it logs, then traps) and no raw memory in plugins. */
export const PLUGIN_FLAGS = [
  "--use",
  "abort=~lib/proxy-wasm-as/assembly/abort/abort",
  "--noUnsafe",
];
