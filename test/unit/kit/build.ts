import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from "node:fs";
import { compile, PLUGIN_FLAGS } from "../../../build/tools/asc.js";

const OUT = ".cache/unit";

/**
 * Compiles `driver/<name>.ts`; answers the path of the module. A module whose sources are the same
 * is compiled once for all test files.
 */
export async function build(name: string, defines: string[], flags: string[]): Promise<string> {
  mkdirSync(OUT, { recursive: true });
  const entry = `test/unit/kit/driver/${name}.ts`;
  const outFile = `${OUT}/kit-${name}-${sourceHash([...defines, ...flags])}.wasm`;
  if (existsSync(outFile)) return outFile;
  // Two test files may get here at once: each writes a file of its own, either may win.
  const ownFile = `${outFile.slice(0, -5)}-${process.pid}.wasm`;
  await compile({ entry, outFile: ownFile, defines, flags });
  renameSync(ownFile, outFile);
  return outFile;
}

/** Compiles `driver/<name>.ts` as the build does a plugin. */
export async function buildPlugin(name: string, host: "higress" | "envoy"): Promise<string> {
  return await build(name, host === "higress" ? ["HIGRESS"] : [], PLUGIN_FLAGS);
}

function sourceHash(options: string[]): string {
  const hash = createHash("sha256").update(JSON.stringify(options));
  const sources = [
    "asconfig.json",
    "node_modules/assemblyscript/package.json",
    ...["shared", "test/unit/kit/driver", "test/unit/json/driver"].flatMap(sourcesBelow),
  ];
  for (const source of sources.sort()) hash.update(source).update(readFileSync(source));
  return hash.digest("hex").slice(0, 16);
}

function sourcesBelow(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return files.filter((file) => file.endsWith(".ts")).map((file) => `${folder}/${file}`);
}
