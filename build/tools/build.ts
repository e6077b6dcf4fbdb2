import { existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import pc from "picocolors";
import { PLUGIN_FLAGS, type Compilation } from "./asc.js";
import { readBudgets } from "./budgets.js";
import { isModuleFresh } from "./build-note.js";
import { BuildProcess } from "./build-process.js";
import { CHAIN, writeEntry, type Chain } from "./chain.js";

/** The two gateways a plugin is built for. Only the Higress build may import Higress-only calls. */
export const HOSTS = ["envoy", "higress"] as const;
export type HostName = (typeof HOSTS)[number];

/** Plugins in the tree: every folder below `plugins/` with an entry file. */
export function pluginNames(): string[] {
  return readdirSync("plugins")
    .filter((name) => existsSync(`plugins/${name}/assembly/index.ts`))
    .sort();
}

/** Every module of the tree: a plugin each, and the whole chain in one. */
export function moduleNames(): string[] {
  return [...pluginNames(), CHAIN.name];
}

/** A plugin may have an entry of its own for Higress, which exports or imports more. */
export function pluginBuild(name: string, host: HostName): Compilation {
  const own = `plugins/${name}/assembly/index.${host}.ts`;
  return moduleBuild(name, host, existsSync(own) ? own : `plugins/${name}/assembly/index.ts`);
}

function chainBuild(chain: Chain, host: HostName): Compilation {
  return moduleBuild(chain.name, host, writeEntry(chain, host === "higress"));
}

function moduleBuild(name: string, host: HostName, entry: string): Compilation {
  const build: Compilation = {
    entry,
    outFile: `build/${host}/${name}.wasm`,
    defines: host === "higress" ? ["HIGRESS"] : [],
    also: ["build/tools/pack/assembly/entry.ts"],
    flags: PLUGIN_FLAGS,
  };
  if (host === "higress") return build; // its V8 leaves functions as they are
  const lengthenTo = readBudgets()[`${host}/${name}.wasm`] ?? NO_BUDGET;
  return { ...build, lengthenTo, flags: FULL.has(name) ? PLUGIN_FLAGS : SHORT_CALLS };
}

const NO_BUDGET = Number.MAX_SAFE_INTEGER;
/**
 * Short functions become part of those that call them, where there is room: the Higress files hold
 * more and are near their budgets. Envoy 1.40 with two workers needs 0.5 MiB less for key-auth
 * (311 functions in place of 349), which is 1.5 % larger.
 */
const SHORT_CALLS = [...PLUGIN_FLAGS, "--shrinkLevel", "1"];
/** Plugins whose file for Envoy is near its budget, too: short calls would cost them 3 KiB. */
const FULL: ReadonlySet<string> = new Set(["content-security"]);

/** Builds the named modules (all by default) for the named hosts; skips what is up to date. */
export async function buildPlugins(
  names: string[] = moduleNames(),
  hosts: readonly HostName[] = HOSTS,
  force = false,
): Promise<void> {
  for (const host of hosts) mkdirSync(`build/${host}`, { recursive: true });
  const buildOf = (name: string, host: HostName) =>
    name === CHAIN.name ? chainBuild(CHAIN, host) : pluginBuild(name, host);
  const builds = names.flatMap((name) => hosts.map((host) => buildOf(name, host)));
  await buildModules(builds.filter((build) => force || !isModuleFresh(build)));
}

/** Compiles with a process per core. */
async function buildModules(builds: Compilation[]): Promise<void> {
  const left = [...builds];
  const processes = Math.min(availableParallelism(), left.length);
  await Promise.all(
    Array.from({ length: processes }, async () => {
      const compiler = new BuildProcess();
      try {
        for (let build = left.shift(); build; build = left.shift()) {
          await compiler.build(build);
          const kib = (statSync(build.outFile).size / 1024).toFixed(1);
          console.log(`${pc.green("built")} ${build.outFile} ${pc.dim(`${kib} KiB`)}`);
        }
      } finally {
        compiler.stop();
      }
    }),
  );
}

/** content-security with a word list, as a module beside the one without (content-security.md 11.4). */
export async function buildWithWords(words: string): Promise<void> {
  for (const host of HOSTS) mkdirSync(`build/${host}`, { recursive: true });
  await buildModules(
    HOSTS.map((host) => ({
      ...pluginBuild("content-security", host),
      outFile: `build/${host}/content-security-dict.wasm`,
      ...(host === "envoy" && { lengthenTo: NO_BUDGET }),
      words,
    })),
  );
}

/** Some plugins in one module, for operators who use others than those of `CHAIN`. */
export async function buildChain(chain: Chain): Promise<void> {
  for (const host of HOSTS) mkdirSync(`build/${host}`, { recursive: true });
  await buildModules(HOSTS.map((host) => chainBuild(chain, host)));
}

interface Arguments {
  names: string[];
  force: boolean;
  words?: string | undefined;
  chain?: Chain | undefined;
}

/** @throws Error saying what is wrong with the arguments */
function readArguments(): Arguments {
  const { values, positionals } = parseArgs({
    options: { force: { type: "boolean" }, words: { type: "string" }, chain: { type: "string" } },
    allowPositionals: true,
  });
  expectKnown(positionals, moduleNames());
  const { force = false, words, chain } = values;
  const names = positionals.length ? positionals : moduleNames();
  return { names, force, words, chain: chain === undefined ? undefined : readChain(chain) };
}

function expectKnown(names: string[], known: string[]): void {
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  throw new Error(`There is no plugin "${unknown}"; there is ${known.join(", ")}.`);
}

/** `guard=key-auth,content-security`: the name of the file and its plugins. */
function readChain(text: string): Chain {
  const [, name = "", list = ""] = /^([a-z][a-z0-9-]*)=(.+)$/.exec(text) ?? [];
  const plugins = list.split(",");
  if (name === "" || moduleNames().includes(name)) {
    throw new Error(`--chain wants a new name and plugins, such as guard=key-auth,ai-statistics.`);
  }
  expectKnown(plugins, pluginNames());
  return { name, plugins: [...new Set(plugins)] };
}

if (import.meta.url === `file://${process.argv[1]}`) {
  try {
    const { names, force, words, chain } = readArguments();
    if (chain !== undefined) await buildChain(chain);
    else if (words === undefined) await buildPlugins(names, HOSTS, force);
    else await buildWithWords(words);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
