import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import pc from "picocolors";
import { isScript } from "./check-report.js";
import { filesIn } from "./files.js";
import { writeGenerated } from "./generate.js";

const TEMPLATE = "build/template";

/** What is wrong with a name; null when it can be used. */
export function nameProblem(name: string): string | null {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > 40) {
    return `"${name}" is no plugin name: words of lower-case letters and digits, joined by -`;
  }
  return name === "template-plugin" ? "that is the name of the template itself" : null;
}

/** `header-guard` → `HeaderGuard`. */
function className(name: string): string {
  return name.replace(/(?:^|-)([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}

/** `header-guard` → `Header Guard`. */
function title(name: string): string {
  return name.replace(/(^|-)([a-z0-9])/g, (_, dash: string, letter: string) => {
    return (dash ? " " : "") + letter.toUpperCase();
  });
}

/**
 * Copies the template to `plugins/<name>` and `test/plugins/<name>` below `root`.
 *
 * @returns the files written
 * @throws Error when the name cannot be used or is taken
 */
export function createPlugin(name: string, root = "."): string[] {
  const problem = nameProblem(name);
  if (problem !== null) throw new Error(problem);
  const copies = [
    ["plugin", `plugins/${name}`],
    ["test", `test/plugins/${name}`],
  ] as const;
  for (const [, target] of copies) {
    if (existsSync(join(root, target))) throw new Error(`${target} exists already`);
  }
  return copies.flatMap(([part, target]) =>
    filesIn(`${TEMPLATE}/${part}`).map((source) => {
      const path = target + source.slice(`${TEMPLATE}/${part}`.length);
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), rename(readFileSync(source, "utf8"), name));
      return path;
    }),
  );
}

function rename(text: string, name: string): string {
  return text
    .replaceAll("template-plugin", name)
    .replaceAll("TemplatePlugin", className(name))
    .replaceAll("Template Plugin", title(name));
}

if (isScript(import.meta.url)) {
  const [name] = process.argv.slice(2);
  try {
    if (!name) throw new Error("Usage: npm run new-plugin -- header-guard");
    const written = [...createPlugin(name), ...writeGenerated([name])];
    for (const path of new Set(written)) console.log(`${pc.green("wrote")} ${path}`);
    const test = `npm test -- ${name}`.padEnd("npm run sizes -- --update".length);
    console.log(`
Next:
  npm install                  adds the package to the workspace and the lock file
  ${test}    its goldens hold; change them with the plugin
  npm run sizes -- --update    gives the modules a budget
  README.md, README_ZH.md      a row in the list of plugins
  examples/README.md           where it stands in a chain, and why there
  test/conformance/plugin-targets.ts
                               configurations for the tests with hostile hosts
  npm run check`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
