import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import chromium from "@sparticuz/chromium";
import { launch, type Browser, type Page } from "puppeteer-core";
import { findOnPath } from "../../build/tools/fetch-run.js";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/**
 * A headless Chromium: `CHROME_BIN`, else one on the PATH, else the one inside the npm package
 * `@sparticuz/chromium`, which has one for Linux on x64.
 *
 * @throws Error that says what to install when none of them runs
 */
export async function startBrowser(): Promise<Browser> {
  const found = process.env.CHROME_BIN ?? findOnPath("chromium") ?? findOnPath("google-chrome");
  const executablePath = found ?? (await chromium.executablePath());
  try {
    // Only pages of our own are opened; as root there is no sandbox.
    const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
    return await launch({ executablePath, args, headless: "shell" });
  } catch (error) {
    const why = (error as Error).message.split("\n", 1)[0];
    throw new Error(`${executablePath} does not run (${why}): set CHROME_BIN to a Chromium.`, {
      cause: error,
    });
  }
}

/** What axe-core has to complain about, one line for each rule and element. */
export async function accessibilityProblems(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: Axe };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
  });
}

/** The part of axe-core that is used. */
interface Axe {
  run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
}
