import { createHash, randomUUID } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { compile, COMPILER, PLUGIN_FLAGS } from "../../../build/tools/asc.js";

const OUT = ".cache/unit";

/** What this file's tests are compiling, by path. */
const building = new Map<string, Promise<string>>();

/** Which build a plugin is, and what else `isDefined` shall see. */
export interface Variant {
  higress?: boolean;
  defines?: string[];
}

/**
 * Compiles a driver as the build does a plugin; answers the path of the module. A module whose
 * sources are the same is compiled once for all test files.
 */
export async function buildPlugin(entry: string, variant: Variant = {}): Promise<string> {
  const defines = [...(variant.higress ? ["HIGRESS"] : []), ...(variant.defines ?? [])];
  return await build(entry, defines, PLUGIN_FLAGS);
}

/** Compiles a driver of a library, which no gateway loads. */
export async function buildLibrary(entry: string, words?: string): Promise<string> {
  return await build(entry, [], [], words);
}

async function build(
  entry: string,
  defines: string[],
  flags: string[],
  words?: string,
): Promise<string> {
  mkdirSync(OUT, { recursive: true });
  const list = words === undefined ? "" : readFileSync(words, "utf8");
  const hash = sourceHash(entry, [...defines, ...flags, list]);
  const outFile = `${OUT}/${entry.replaceAll(/[^a-z0-9]+/g, "-")}-${hash}.wasm`;
  if (existsSync(outFile)) return outFile;
  // A test that gives up waiting leaves its compiler running: the next one waits for that.
  const module = building.get(outFile) ?? make(outFile);
  building.set(outFile, module);
  return await module;

  async function make(file: string): Promise<string> {
    // Two test files may get here at once: each writes a file of its own, either may win.
    const ownFile = `${file.slice(0, -5)}-${randomUUID()}.wasm`;
    await compile({ entry, outFile: ownFile, defines, flags, words });
    renameSync(ownFile, file);
    return file;
  }
}

function sourceHash(entry: string, options: string[]): string {
  const hash = createHash("sha256").update(JSON.stringify([entry, ...options]));
  const sources = [
    ...COMPILER,
    ...["shared", dirname(entry), "test/unit/json/driver"].flatMap(sourcesBelow),
    ...pluginsOf(entry).flatMap(sourcesBelow),
  ];
  for (const source of sources.sort()) hash.update(source).update(readFileSync(source));
  return hash.digest("hex").slice(0, 16);
}

/** The folders of plugins that a driver imports from. */
function pluginsOf(entry: string): string[] {
  const named = readFileSync(entry, "utf8").matchAll(/@ai-gateway-wasm\/([a-z-]+)\/assembly/g);
  const folders = new Set([...named].map(([, name]) => `plugins/${name}/assembly`));
  return [...folders].filter((folder) => existsSync(folder));
}

function sourcesBelow(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".ts")).map((file) => `${folder}/${file}`);
}
