import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { compile, readWords, type Compilation } from "./asc.js";
import { noteSources } from "./build-note.js";
import type { Answer } from "./build-process.js";
import { isScript } from "./check-report.js";
import { lengthen } from "./pack/lengthen.js";
import { packModule } from "./pack/pack.js";

/**
 * Compiles and packs one module. The file is there whole or not at all: a build that is broken off
 * must not look up to date.
 *
 * @throws Error with the compiler's own output when it refuses the source
 */
export async function buildModule(build: Compilation): Promise<void> {
  const part = `.cache/build/${process.pid}.wasm`;
  mkdirSync(dirname(part), { recursive: true });
  try {
    const sources = await compile({ ...build, outFile: part });
    // One byte more than the list shows where data ends (lean/data.ts).
    const plain = build.words === undefined ? 0 : readWords(build.words).length + 1;
    const packed = packModule(readFileSync(part), plain);
    const { lengthenTo = 0 } = build;
    writeFileSync(part, lengthen(packed, lengthenTo));
    renameSync(part, build.outFile);
    noteSources(build, sources);
  } finally {
    rmSync(part, { force: true });
  }
}

/** What a `BuildProcess` is asked for. */
async function answer(build: Compilation): Promise<Answer> {
  try {
    await buildModule(build);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

if (isScript(import.meta.url)) {
  process.on("message", (build: Compilation) => {
    void answer(build).then((said) => process.send?.(said));
  });
}
