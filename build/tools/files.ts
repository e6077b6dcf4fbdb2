import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Folders that hold no source of ours. */
const SKIPPED = new Set(["node_modules", ".git", ".cache"]);
const OUTPUTS = new Set(["build/envoy", "build/higress", "build/unit"]);

/** Files below `folder`, as sorted paths from `root` with forward slashes; outputs are left out. */
export function filesIn(folder: string, root = "."): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const path = folder === "." ? entry.name : `${folder}/${entry.name}`;
      if (!entry.isDirectory()) return [path];
      return SKIPPED.has(entry.name) || OUTPUTS.has(path) ? [] : filesIn(path, root);
    })
    .sort();
}

/** Names of the folders directly below `folder`, sorted; none when it does not exist. */
export function foldersIn(folder: string, root = "."): string[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !SKIPPED.has(entry.name))
    .map((entry) => entry.name)
    .sort();
}

/** True when `output` exists and is younger than everything at and below `sources`. */
export function isFresh(output: string, sources: readonly string[]): boolean {
  if (!existsSync(output)) return false;
  const built = statSync(output).mtimeMs;
  return sources.every((source) => newest(source) < built);
}

/** Newest modification time at and below a path, in ms; 0 when it does not exist. */
function newest(path: string): number {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path)
    .filter((name) => !SKIPPED.has(name))
    .reduce((latest, name) => Math.max(latest, newest(`${path}/${name}`)), stat.mtimeMs);
}
