import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { probe } from "./probe";

interface Report {
  testResults: {
    assertionResults: { title: string; status: string; failureMessages: string[] }[];
  }[];
}

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Exit code and report of a vitest of its own. */
function child(): Promise<[code: number, report: Report]> {
  const vitest = `${root}node_modules/vitest/vitest.mjs`;
  const config = "test/unit/harness/child/vitest.config.ts";
  const args = [vitest, "run", "--root", root, "--config", config, "--reporter=json"];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: root }, (error, stdout) => {
      const code = typeof error?.code === "number" ? error.code : 0;
      resolve([code, JSON.parse(stdout.slice(stdout.indexOf('{"num'))) as Report]);
    });
  });
}

test("the setup file fails the test whose plugin broke a rule, and stops a loop", async () => {
  expect(probe).toMatch(/\.wasm$/); // built before the child needs it
  const [code, { testResults }] = await child();
  const results = testResults.flatMap(({ assertionResults }) => assertionResults);
  expect(results.map(({ title, status }) => `${title}: ${status}`)).toEqual([
    "well-behaved: passed",
    "misbehaves on an open host: failed",
    "misbehaves on a closed host: failed",
    "is only warned: passed",
    "never returns: passed",
  ]);
  for (const { failureMessages, status } of results) {
    if (status === "failed") expect(failureMessages.join("\n")).toContain("S12 error");
  }
  expect(code).toBe(1);
});
