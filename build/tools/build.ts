import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import pc from "picocolors";
import { compile, COMPILER, PLUGIN_FLAGS, type Compilation } from "./asc.js";
import { isFresh } from "./files.js";
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
      const sources = [...COMPILER, "build/tools/pack", "shared", dirname(build.entry)];
      if (!force && isFresh(build.outFile, sources)) continue;
      // Whoever loads the module meanwhile has the old one or the new one, never a part.
      const unfinished = `${build.outFile}.part`;
      await compile({ ...build, outFile: unfinished });
      writeFileSync(unfinished, packModule(readFileSync(unfinished)));
      renameSync(unfinished, build.outFile);
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
