import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { isScript } from "./check-report.js";

const SOURCE = "test/harness";
const RESULT = ".cache/npm/proxy-wasm-test";

/**
 * Makes the npm package of the harness: JavaScript with type declarations, which plain Node, vitest,
 * node:test and jest load alike. In this repository the harness is used from its sources.
 *
 * @param folder where to; emptied first
 * @throws Error with what the TypeScript compiler refuses
 */
export function packHarness(folder = RESULT): void {
  rmSync(folder, { recursive: true, force: true });
  const errors = compileSources(folder);
  if (errors.length > 0) throw new Error(errors.join("\n"));
  const manifest = readFileSync(join(SOURCE, "package.json"), "utf8");
  writeFileSync(join(folder, "package.json"), published(manifest));
  copyFileSync(join(SOURCE, "README.md"), join(folder, "README.md"));
  copyFileSync("LICENSE", join(folder, "LICENSE"));
}

/** The manifest whose entry points are what the compiler makes of the sources. */
function published(manifest: string): string {
  const json = JSON.parse(manifest) as { exports: Record<string, string> };
  const exports = Object.entries(json.exports).map(([name, source]) => {
    const made = source.replace("./src/", "./dist/").replace(/\.ts$/, "");
    return [name, { types: `${made}.d.ts`, default: `${made}.js` }] as const;
  });
  return `${JSON.stringify({ ...json, exports: Object.fromEntries(exports) }, null, 2)}\n`;
}

/** Answers what the compiler complains about. */
function compileSources(folder: string): string[] {
  const { config } = ts.readConfigFile(join(SOURCE, "tsconfig.json"), ts.sys.readFile) as {
    config: object;
  };
  const { options, fileNames } = ts.parseJsonConfigFileContent(
    { ...config, include: ["src"] },
    ts.sys,
    SOURCE,
  );
  const program = ts.createProgram(fileNames, {
    ...options,
    noEmit: false,
    noCheck: true, // npm run types has looked at it
    declaration: true,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    rootDir: join(SOURCE, "src"),
    outDir: join(folder, "dist"),
  });
  const { diagnostics } = program.emit();
  return [...ts.getPreEmitDiagnostics(program), ...diagnostics].map(({ messageText, file }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, "\n");
    return file ? `${file.fileName}: ${text}` : text;
  });
}

if (isScript(import.meta.url)) {
  packHarness();
  console.log(`${RESULT} is ready for npm publish`);
}
