import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { runAsScript } from "./check-report.js";
import { filesIn, foldersIn } from "./files.js";

/** Packages each library may import; plugins and examples may import every library. */
const LAYERS: Record<string, readonly string[]> = {
  "shared/bytes": [],
  "shared/as-json": ["shared/bytes"],
  "shared/sse": ["shared/bytes"],
  "shared/unpack": [],
  "shared/runtime": [],
  "shared/crypto": ["shared/bytes"],
  "shared/match": ["shared/bytes"],
  "shared/proxy-wasm-as": ["shared/runtime", "shared/bytes"],
  "shared/llm": [
    "shared/kit",
    "shared/proxy-wasm-as",
    "shared/match",
    "shared/as-json",
    "shared/sse",
    "shared/bytes",
  ],
  "shared/kit": ["shared/proxy-wasm-as", "shared/as-json", "shared/crypto", "shared/bytes"],
  "shared/conditions": [
    "shared/kit",
    "shared/proxy-wasm-as",
    "shared/match",
    "shared/as-json",
    "shared/crypto",
    "shared/bytes",
  ],
  "shared/store": [
    "shared/kit",
    "shared/proxy-wasm-as",
    "shared/as-json",
    "shared/crypto",
    "shared/bytes",
  ],
};

/** A package of the workspace that is written in AssemblyScript. */
export interface Package {
  /** Folder below the root, such as `shared/bytes`. */
  folder: string;
  name: string;
  dependencies: string[];
  /** Source file (below the root) → what its import and export lines name. */
  imports: Map<string, string[]>;
}

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
}

const IMPORT =
  /^\s*(?:import\s+(?:[\w*{}\s,$]+?\s+from\s+)?|export\s+[\w*{}\s,$]+?\s+from\s+)["']([^"']+)["']/gm;

/** The specifiers of a source file's import and re-export lines. */
export function importsIn(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  return [...code.matchAll(IMPORT)].map((match) => match[1] ?? "");
}

/** Reads the AssemblyScript packages below `root`. */
export function readPackages(root = "."): Package[] {
  return ["shared", "plugins", "examples"]
    .flatMap((group) => foldersIn(group, root).map((name) => `${group}/${name}`))
    .filter((folder) => existsSync(join(root, folder, "assembly")))
    .map((folder) => {
      const text = readFileSync(join(root, folder, "package.json"), "utf8");
      const manifest = JSON.parse(text) as Manifest;
      return {
        folder,
        name: manifest.name,
        dependencies: Object.keys(manifest.dependencies ?? {}),
        imports: new Map(
          filesIn(folder, root)
            .filter((file) => file.endsWith(".ts"))
            .map((file) => [file, importsIn(readFileSync(join(root, file), "utf8"))]),
        ),
      };
    });
}

/** Broken rules of the dependency table, as sentences that say what to do. */
export function dependencyProblems(packages: Package[]): string[] {
  const byName = new Map(packages.map((entry) => [entry.name, entry]));
  return packages.flatMap((entry) => {
    const used = new Set<string>();
    const problems: string[] = [];
    for (const [file, specifiers] of entry.imports) {
      for (const specifier of specifiers) {
        const problem = specifier.startsWith(".")
          ? relativeProblem(entry, file, specifier, packages)
          : namedProblem(entry, specifier, byName);
        if (problem !== null) problems.push(`${file} imports "${specifier}": ${problem}`);
        if (!specifier.startsWith(".")) used.add(packageOf(specifier));
      }
    }
    return [...problems, ...manifestProblems(entry, used)];
  });
}

/** `@scope/name/file` → `@scope/name`, `name/file` → `name`. */
function packageOf(specifier: string): string {
  const parts = specifier.split("/");
  return parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
}

function relativeProblem(
  from: Package,
  file: string,
  specifier: string,
  packages: Package[],
): string | null {
  const target = normalize(join(dirname(file), specifier));
  if (!relative(from.folder, target).startsWith("..")) return null;
  const owner = packages.find((entry) => target.startsWith(`${entry.folder}/`));
  return owner
    ? `it leaves the package, and asc would compile the file twice; import it from "${owner.name}"`
    : "it leaves the package";
}

function namedProblem(
  from: Package,
  specifier: string,
  byName: Map<string, Package>,
): string | null {
  const target = byName.get(packageOf(specifier));
  if (target === undefined) return "no package of shared/ has that name";
  if (target === from) return "a package imports its own files by relative paths";
  if (!target.folder.startsWith("shared/")) {
    return "plugins and examples are not libraries: move what both need into shared/";
  }
  const allowed = LAYERS[from.folder];
  if (from.folder.startsWith("shared/") && allowed === undefined) {
    return `${from.folder} has no line in LAYERS of build/tools/check-deps.ts`;
  }
  if (allowed === undefined || allowed.includes(target.folder)) return null;
  const list = allowed.length > 0 ? allowed.join(", ") : "nothing";
  return `${from.folder} may use ${list}; arrows point down (see CONTRIBUTING.md)`;
}

function manifestProblems(entry: Package, used: ReadonlySet<string>): string[] {
  const manifest = `${entry.folder}/package.json`;
  const undeclared = [...used].filter(
    (name) => name !== entry.name && !entry.dependencies.includes(name),
  );
  const unused = entry.dependencies.filter((name) => !used.has(name));
  return [
    ...undeclared.map((name) => `${manifest} does not declare "${name}", which its code imports`),
    ...unused.map((name) => `${manifest} declares "${name}", which its code does not import`),
  ];
}

/** Tests look at what was built, through the harness; Node cannot run the sources anyway. */
function testProblems(): string[] {
  return filesIn("test")
    .filter((file) => file.endsWith(".ts") && !/\/(drivers?|probe|assembly)\//.test(file))
    .flatMap((file) =>
      importsIn(readFileSync(file, "utf8"))
        .filter((specifier) => specifier.startsWith("."))
        .filter((specifier) => /^(shared|plugins)\//.test(join(dirname(file), specifier)))
        .map((specifier) => `${file} imports "${specifier}": test the built .wasm instead`),
    );
}

export function checkDeps(): string[] {
  return [...dependencyProblems(readPackages()), ...testProblems()];
}

runAsScript(import.meta.url, "deps", checkDeps);
