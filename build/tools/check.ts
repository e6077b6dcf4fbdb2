import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { buildPlugins } from "./build.js";
import { checkAbi } from "./check-abi.js";
import { checkDeps } from "./check-deps.js";
import { checkDocs } from "./check-docs.js";
import { checkExamples } from "./check-examples.js";
import { isScript, report, type Check } from "./check-report.js";
import { checkSizes } from "./check-sizes.js";
import { checkGenerated } from "./generate.js";

const require = createRequire(import.meta.url);

/** A check that runs the command of an npm package; what it prints is the finding. */
function command(name: string, bin: string, args: string[]): Check {
  const script = join(dirname(require.resolve(`${name}/package.json`)), bin);
  return () =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [script, ...args], {
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
      child.on("error", reject);
      child.on("close", (code) => {
        resolve(code === 0 ? [] : [output.trim() || `${name} ended with status ${code}`]);
      });
    });
}

/** Everything a pull request must pass besides the tests, cheapest first. */
export const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ["generate", checkGenerated],
  ["deps", checkDeps],
  ["docs", checkDocs],
  ["examples", checkExamples],
  ["format", command("prettier", "bin/prettier.cjs", ["--check", "--log-level", "warn", "."])],
  ["lint", command("eslint", "bin/eslint.js", ["--max-warnings", "0", "."])],
  ["types (Node)", command("typescript", "bin/tsc", ["-p", "tsconfig.json"])],
  ["types (AssemblyScript)", command("typescript", "bin/tsc", ["-p", "tsconfig.as.json"])],
  [
    "build",
    async () => {
      await buildPlugins();
      return [];
    },
  ],
  ["abi", checkAbi],
  ["sizes", checkSizes],
];

/** Runs the checks whose name begins with one of `names`, or all. Answers whether all passed. */
export async function runChecks(names: string[] = []): Promise<boolean> {
  const unknown = names.find((wanted) => !CHECKS.some(([name]) => name.startsWith(wanted)));
  if (unknown !== undefined) {
    const known = CHECKS.map(([name]) => name).join(", ");
    console.error(`There is no check "${unknown}"; there is ${known}.`);
    return false;
  }
  let passed = true;
  for (const [name, check] of CHECKS) {
    if (names.length > 0 && !names.some((wanted) => name.startsWith(wanted))) continue;
    passed = (await report(name, check)) && passed;
  }
  return passed;
}

if (isScript(import.meta.url)) {
  process.exitCode = (await runChecks(process.argv.slice(2))) ? 0 : 1;
}
