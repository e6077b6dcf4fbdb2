import { existsSync, readFileSync, writeFileSync } from "node:fs";
import pc from "picocolors";
import { isScript, report } from "./check-report.js";
import { foldersIn } from "./files.js";
import { envoyYaml } from "./generate/envoy.js";
import { fillReadme } from "./generate/readme.js";
import { readPlugin } from "./generate/schema.js";
import { specYaml } from "./generate/spec.js";
import { VOCABULARY_PAGE, vocabularyPage } from "./generate/vocabulary.js";
import { wasmPluginYaml } from "./generate/wasm-plugin.js";

/** Plugins that describe their configuration. */
export function describedPlugins(): string[] {
  return foldersIn("plugins").filter((name) => existsSync(`plugins/${name}/config.schema.json`));
}

/** Path → text of every file that is derived from another: a plugin's schema, the vocabulary. */
export function generatedFiles(names = describedPlugins()): Map<string, string> {
  const files = new Map([[VOCABULARY_PAGE, vocabularyPage()]]);
  for (const name of names) {
    const folder = `plugins/${name}`;
    const plugin = readPlugin(name);
    for (const [readme, language] of [
      ["README.md", "en"],
      ["README_ZH.md", "zh"],
    ] as const) {
      const path = `${folder}/${readme}`;
      files.set(path, fillReadme(readFileSync(path, "utf8"), plugin.schema, language));
    }
    files.set(`${folder}/spec.yaml`, specYaml(plugin));
    files.set(`${folder}/plugin.yaml`, wasmPluginYaml(plugin));
    files.set(`${folder}/envoy.yaml`, envoyYaml(plugin));
  }
  return files;
}

/** Which generated files differ from what their source says. */
export function checkGenerated(): string[] {
  return [...generatedFiles()]
    .filter(([path, text]) => !existsSync(path) || readFileSync(path, "utf8") !== text)
    .map(([path]) => `${path} is not what its source says: npm run generate`);
}

/** Writes what differs. Answers the paths. */
export function writeGenerated(names?: string[]): string[] {
  const written: string[] = [];
  for (const [path, text] of generatedFiles(names)) {
    if (existsSync(path) && readFileSync(path, "utf8") === text) continue;
    writeFileSync(path, text);
    written.push(path);
  }
  return written;
}

if (isScript(import.meta.url)) {
  if (process.argv.includes("--check")) {
    process.exitCode = (await report("generate", checkGenerated)) ? 0 : 1;
  } else {
    const written = writeGenerated();
    for (const path of written) console.log(`${pc.green("wrote")} ${path}`);
    if (written.length === 0) console.log("Every generated file is up to date.");
  }
}
