import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Plugins in one module. Hosts keep a VM per thread and file, so a chain of them is compiled once
 * and has one heap; `root_id` says which plugin a filter is (proxy-wasm-as/together.ts).
 */
export interface Chain {
  /** Name of the file, `build/<host>/<name>.wasm`. */
  name: string;
  plugins: readonly string[];
}

/** The whole set in the order of examples/README.md, but for what stands in an upstream chain, too. */
export const CHAIN: Chain = {
  name: "chain",
  plugins: [
    "key-auth",
    "model-router",
    "ai-statistics",
    "ai-cache",
    "token-quota",
    "token-rate-limit",
    "content-security",
  ],
};

/**
 * Writes what the compiler starts from: every plugin under its name, and every callback that one of
 * them wants.
 *
 * @param isHigress with the callbacks that only Higress has
 * @returns the path below the repository root
 * @throws Error for a plugin that cannot be part of a chain
 */
export function writeEntry({ name, plugins }: Chain, isHigress: boolean): string {
  const path = `.cache/build/${name}-${isHigress ? "higress" : "envoy"}.ts`;
  const text = entryOf(plugins.map(readPart), isHigress);
  // An entry that is written anew is newer than the module.
  if (existsSync(path) && readFileSync(path, "utf8") === text) return path;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

/** What `index.ts` of a plugin says. */
interface Part {
  plugin: string;
  /** Class of its configurations. */
  root: string;
  file: string;
  /** Callback → module of proxy-wasm-as that has it. */
  callbacks: Map<string, string>;
}

const CALLBACKS = /export \{([^}]*)\} from "proxy-wasm-as\/(callbacks[\w-]*)";/g;
const ROOT = /register\(\(id\) => new (\w+)\(id\)\);/;

function readPart(plugin: string): Part {
  const entry = `plugins/${plugin}/assembly/index.ts`;
  const text = readFileSync(entry, "utf8");
  const root = ROOT.exec(text)?.[1];
  const file = new RegExp(`import \\{ ${root} \\} from "\\./([\\w-]+)";`).exec(text)?.[1];
  if (root === undefined || file === undefined) {
    throw new Error(`${entry} does not register a class of a file beside it`);
  }
  const callbacks = new Map<string, string>();
  for (const [, names = "", module = ""] of text.matchAll(CALLBACKS)) {
    for (const name of names.split(",").map((one) => one.trim())) {
      if (name !== "") callbacks.set(name, module);
    }
  }
  if ([...callbacks.values()].includes("callbacks-upstream")) {
    throw new Error(`${plugin} stands in an upstream chain, too, and stays a module of its own`);
  }
  return { plugin, root, file, callbacks };
}

function entryOf(parts: Part[], isHigress: boolean): string {
  const callbacks = new Map<string, string>();
  for (const part of parts) {
    for (const [name, module] of part.callbacks) {
      // Of two kinds of one callback the one for all requests is right for every plugin.
      if (callbacks.get(name) !== "callbacks-end-of-all") callbacks.set(name, module);
    }
  }
  return [
    `import { bytes } from "@ai-gateway-wasm/bytes";`,
    `import { registerAs } from "proxy-wasm-as/together";`,
    ...parts.map(
      ({ plugin, root, file }) =>
        `import { ${root} } from "../../plugins/${plugin}/assembly/${file}";`,
    ),
    `export * from "proxy-wasm-as/abi";`,
    ...[...callbacks].map(([name, module]) => `export { ${name} } from "proxy-wasm-as/${module}";`),
    ...(isHigress ? [`export * from "proxy-wasm-as/callbacks-higress";`] : []),
    ...parts.map(({ plugin, root }) => `registerAs(bytes("${plugin}"), (id) => new ${root}(id));`),
    "",
  ].join("\n");
}
