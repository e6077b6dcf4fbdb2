import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Chain } from "../../build/tools/chain.js";
import { parseGoldens } from "./markdown.js";
import type { PluginUse, Scenario } from "./scenario.js";

/** Which build of a plugin a host loads. */
export type HostBuild = "envoy" | "higress";

export interface GoldenOptions {
  /** Plugin of `config` blocks that name none; default: the folder above `golden`. */
  plugin?: string;
  /** Path of a plugin's module; default `build/<host>/<plugin>.wasm`. */
  wasmFile?: (plugin: PluginUse, host: HostBuild) => string;
  /** The plugins of this module are taken from it, with their names as root ids. */
  chain?: Chain;
}

/** One golden file with its scenarios. */
export interface GoldenFile {
  file: string;
  scenarios: Scenario[];
}

/**
 * Reads every `*.md` of a folder.
 *
 * @throws Error for an unreadable golden, or a folder without any
 */
export function readGoldenFolder(folder: string, options: GoldenOptions = {}): GoldenFile[] {
  const plugin = options.plugin ?? basename(dirname(folder));
  const names = readdirSync(folder).filter((name) => name.endsWith(".md"));
  if (!names.length) throw new Error(`no goldens in ${folder}`);
  return names.sort().map((name) => {
    const file = join(folder, name);
    const scenarios = parseGoldens(readFileSync(file, "utf8"), { file, plugin });
    return { file, scenarios: scenarios.map((scenario) => named(scenario, options)) };
  });
}

function named(scenario: Scenario, { chain }: GoldenOptions): Scenario {
  const plugins = scenario.plugins.map((plugin) =>
    chain?.plugins.includes(plugin.name) ? { ...plugin, rootId: plugin.name } : plugin,
  );
  return { ...scenario, plugins };
}

/** Path of the module a host loads for a plugin. */
export function wasmFileOf(plugin: PluginUse, host: HostBuild, options: GoldenOptions): string {
  if (options.wasmFile) return options.wasmFile(plugin, host);
  if (options.chain?.plugins.includes(plugin.name))
    return `build/${host}/${options.chain.name}.wasm`;
  return plugin.name.endsWith(".wasm") ? plugin.name : `build/${host}/${plugin.name}.wasm`;
}
