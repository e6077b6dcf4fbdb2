import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { COMPILER, type Compilation, type Sources } from "./asc.js";
import { BUDGETS_FILE } from "./budgets.js";
import { isFresh } from "./files.js";

/** What a plugin's module depends on besides. */
const OTHERS = [BUDGETS_FILE, "build/tools/build.ts", "build/tools/pack"];

/** True when nothing has changed that went into the module, the tools that make it included. */
export function isModuleFresh(build: Compilation): boolean {
  const note = noteOf(build);
  if (!existsSync(note)) return false;
  const { read, missed } = JSON.parse(readFileSync(note, "utf8")) as Sources;
  return (
    read.every((path) => existsSync(path)) &&
    !missed.some((path) => existsSync(path)) &&
    isFresh(build.outFile, [...COMPILER, ...OTHERS, ...read])
  );
}

/** Remembers what a module was made of, for `isModuleFresh`. */
export function noteSources(build: Compilation, sources: Sources): void {
  const note = noteOf(build);
  mkdirSync(dirname(note), { recursive: true });
  writeFileSync(note, JSON.stringify(sources));
}

function noteOf({ outFile }: Compilation): string {
  return `.cache/build/${outFile.replaceAll("/", "-")}.json`;
}
