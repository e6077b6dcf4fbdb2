import { pathToFileURL } from "node:url";
import pc from "picocolors";

/** One check of the repository: the sentences it returns are what is wrong. */
export type Check = () => string[] | Promise<string[]>;

/** Runs a check and prints one line for it, then its findings. Answers whether it passed. */
export async function report(name: string, check: Check): Promise<boolean> {
  const started = performance.now();
  let problems: string[];
  try {
    problems = await check();
  } catch (error) {
    problems = [error instanceof Error ? error.message : String(error)];
  }
  const seconds = pc.dim(`${((performance.now() - started) / 1000).toFixed(1)} s`);
  const mark = problems.length === 0 ? pc.green("✓") : pc.red("✗");
  console.log(`${mark} ${name} ${seconds}`);
  for (const problem of problems) console.log(problem.replace(/^/gm, "    "));
  return problems.length === 0;
}

/** Runs the check when its file was started directly: `npm run sizes` and the like. */
export function runAsScript(moduleUrl: string, name: string, check: Check): void {
  if (!isScript(moduleUrl)) return;
  void report(name, check).then((passed) => {
    process.exitCode = passed ? 0 : 1;
  });
}

/** True when the module is the script Node was asked to run. */
export function isScript(moduleUrl: string): boolean {
  const script = process.argv[1];
  return script !== undefined && pathToFileURL(script).href === moduleUrl;
}
