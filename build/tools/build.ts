import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import pc from "picocolors";
import { compile, PLUGIN_FLAGS, type Compilation } from "./asc.js";
import { packModule } from "./pack/pack.js";

/** The two gateways a plugin is built for. Only the Higress build may import Higress-only calls. */
export const HOSTS = ["envoy", "higress"] as const;
export type HostName = (typeof HOSTS)[number];

/** Plugins in the tree: every folder below `plugins/` with an entry file. */
export function pluginNames(): string[] {
  return readdirSync("plugins")
    .filter((name) => existsSync(`plugins/${name}/assembly/index.ts`))
    .sort();
}

/** A plugin may have an entry of its own for Higress, which exports or imports more. */
export function pluginBuild(name: string, host: HostName): Compilation {
  const own = `plugins/${name}/assembly/index.${host}.ts`;
  return {
    entry: existsSync(own) ? own : `plugins/${name}/assembly/index.ts`,
    outFile: `build/${host}/${name}.wasm`,
    defines: host === "higress" ? ["HIGRESS"] : [],
    also: ["build/tools/pack/assembly/entry.ts"],
    flags: PLUGIN_FLAGS,
  };
}

/** Newest modification time below a folder, in ms; 0 when it does not exist. */
function newest(path: string): number {
  if (!existsSync(path)) return 0;
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path)
    .filter((name) => name !== "node_modules")
    .reduce((latest, name) => Math.max(latest, newest(`${path}/${name}`)), stat.mtimeMs);
}

/** True when the output is younger than its plugin, the shared libraries and the compiler settings. */
function isFresh(build: Compilation): boolean {
  if (!existsSync(build.outFile)) return false;
  const built = statSync(build.outFile).mtimeMs;
  const sources = [dirname(build.entry), "shared", "asconfig.json", "build/tools/asc.ts"];
  return sources.every((source) => newest(source) < built);
}

/** Builds the named plugins (all by default) for the named hosts; skips what is up to date. */
export async function buildPlugins(
  names: string[] = pluginNames(),
  hosts: readonly HostName[] = HOSTS,
  force = false,
): Promise<void> {
  for (const host of hosts) mkdirSync(`build/${host}`, { recursive: true });
  for (const name of names) {
    for (const host of hosts) {
      const build = pluginBuild(name, host);
      if (!force && isFresh(build)) continue;
      await compile(build);
      writeFileSync(build.outFile, packModule(readFileSync(build.outFile)));
      const kib = (statSync(build.outFile).size / 1024).toFixed(1);
      console.log(`${pc.green("built")} ${build.outFile} ${pc.dim(`${kib} KiB`)}`);
    }
  }
}

if (import.meta.url === `file://${process.argv[1]}`) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { force: { type: "boolean", default: false } },
  });
  const known = pluginNames();
  const unknown = positionals.find((name) => !known.includes(name));
  if (unknown === undefined) {
    await buildPlugins(positionals.length ? positionals : known, HOSTS, values.force);
  } else {
    console.error(`There is no plugin "${unknown}"; there is ${known.join(", ")}.`);
    process.exitCode = 1;
  }
}
