import { parseCLI, startVitest, type TestModule, type Vitest } from "vitest/node";
import { buildPlugins } from "./build.js";
import { isScript } from "./check-report.js";
import { chromaCommand, envoyPath, Problem, redisServerPath } from "./fetch.js";

/** What became of the tests of a run. */
export interface Tally {
  passed: number;
  failed: number;
  /** Names of the tests that did not run; they say why. */
  skipped: string[];
}

/** The last line of `npm test`, which continuous integration reads. */
export function tallyLine({ passed, failed }: Pick<Tally, "passed" | "failed">): string {
  return `${passed} passed, ${failed} failed`;
}

/** What is printed above the last line: the tests that did not run. */
export function skippedLines({ skipped }: Pick<Tally, "skipped">): string[] {
  return skipped.length > 0 ? ["Not run:", ...skipped.map((name) => `  ${name}`)] : [];
}

/** True for a run that shows something: some test passed and none failed. */
export function isGood({ passed, failed }: Pick<Tally, "passed" | "failed">): boolean {
  return passed > 0 && failed === 0;
}

/** Counts tests; a file that could not even be loaded and a stray error count as failed ones. */
function tally(vitest: Vitest): Tally {
  const counts: Tally = { passed: 0, failed: 0, skipped: [] };
  for (const module of vitest.state.getTestModules()) countModule(module, counts);
  counts.failed += vitest.state.getUnhandledErrors().length;
  return counts;
}

function countModule(module: TestModule, counts: Tally): void {
  const before = counts.failed;
  for (const test of module.children.allTests()) {
    const { state } = test.result();
    if (state === "passed") counts.passed += 1;
    else if (state === "failed") counts.failed += 1;
    else counts.skipped.push(test.fullName);
  }
  if (counts.failed === before && module.state() === "failed") counts.failed += 1;
}

/** The servers that some tests start; a test that misses one fails and says what to install. */
async function fetchServers(): Promise<void> {
  for (const fetch of [envoyPath, redisServerPath, chromaCommand]) {
    try {
      await fetch((line) => console.log(line));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      console.error(error.message);
    }
  }
}

async function main(args: string[]): Promise<void> {
  const { filter, options } = parseCLI(["vitest", "run", ...args]);
  try {
    await buildPlugins();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
    console.log(tallyLine({ passed: 0, failed: 1 }));
    return;
  }
  await fetchServers();
  const vitest = await startVitest("test", filter, { ...options, run: true, watch: false });
  const counts = tally(vitest);
  await vitest.close();
  if (!isGood(counts)) process.exitCode = 1;
  for (const line of skippedLines(counts)) console.log(line);
  console.log(tallyLine(counts));
}

if (isScript(import.meta.url)) await main(process.argv.slice(2));
