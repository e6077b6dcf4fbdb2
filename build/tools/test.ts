import { parseCLI, startVitest, type TestModule, type Vitest } from "vitest/node";
import { buildPlugins } from "./build.js";
import { isScript } from "./check-report.js";
import { chromaCommand, envoyPath, Problem, redisServerPath } from "./fetch.js";

/** What became of the tests of a run. */
export interface Tally {
  passed: number;
  /** Names of the tests that failed, each with the first line of what went wrong. */
  failed: string[];
  /** Names of the tests that did not run; they say why. */
  skipped: string[];
}

/** The last line of `npm test`, which continuous integration reads. */
export function tallyLine({ passed, failed }: Pick<Tally, "passed" | "failed">): string {
  return `${passed} passed, ${failed.length} failed`;
}

/**
 * What is printed above the last line: the tests that did not run, then those that failed, which so
 * are still seen by who keeps only the end of a long output.
 */
export function closingLines({ skipped, failed }: Pick<Tally, "skipped" | "failed">): string[] {
  return [...listed("Not run:", skipped), ...listed("Failed:", failed)];
}

function listed(title: string, names: string[]): string[] {
  return names.length > 0 ? [title, ...names.map((name) => `  ${name}`)] : [];
}

/** True for a run that shows something: some test passed and none failed. */
export function isGood({ passed, failed }: Pick<Tally, "passed" | "failed">): boolean {
  return passed > 0 && failed.length === 0;
}

/** Counts tests; a file that could not even be loaded and a stray error count as failed ones. */
function tally(vitest: Vitest): Tally {
  const counts: Tally = { passed: 0, failed: [], skipped: [] };
  for (const module of vitest.state.getTestModules()) countModule(module, counts);
  for (const error of vitest.state.getUnhandledErrors()) {
    counts.failed.push(failure("outside of the tests", [error as { message?: string }]));
  }
  return counts;
}

function countModule(module: TestModule, counts: Tally): void {
  const before = counts.failed.length;
  for (const test of module.children.allTests()) {
    const { state, errors } = test.result();
    if (state === "passed") counts.passed += 1;
    else if (state === "failed") {
      counts.failed.push(failure(`${module.relativeModuleId} > ${test.fullName}`, errors));
    } else counts.skipped.push(test.fullName);
  }
  if (counts.failed.length === before && module.state() === "failed") {
    counts.failed.push(failure(module.relativeModuleId, module.errors()));
  }
}

function failure(name: string, errors: readonly { message?: string }[]): string {
  return `${name}: ${errors[0]?.message?.split("\n", 1)[0] ?? "no reason given"}`;
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
    console.log(tallyLine({ passed: 0, failed: ["the build"] }));
    return;
  }
  await fetchServers();
  const vitest = await startVitest("test", filter, { ...options, run: true, watch: false });
  const counts = tally(vitest);
  await vitest.close();
  if (!isGood(counts)) process.exitCode = 1;
  for (const line of closingLines(counts)) console.log(line);
  console.log(tallyLine(counts));
}

if (isScript(import.meta.url)) await main(process.argv.slice(2));
