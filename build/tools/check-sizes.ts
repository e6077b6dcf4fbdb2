import { existsSync, statSync, writeFileSync } from "node:fs";
import { BUDGETS_FILE, readBudgets, type Budgets } from "./budgets.js";
import { HOSTS, moduleNames } from "./build.js";
import { runAsScript } from "./check-report.js";

/** Size in bytes of every built module, by path below `build/`. */
export function builtSizes(): Record<string, number> {
  const sizes: Record<string, number> = {};
  for (const plugin of moduleNames()) {
    for (const host of HOSTS) {
      const file = `${host}/${plugin}.wasm`;
      if (existsSync(`build/${file}`)) sizes[file] = statSync(`build/${file}`).size;
    }
  }
  return sizes;
}

/** Which modules break their budget, have none, or are missing. */
export function sizeProblems(sizes: Record<string, number>, budgets: Budgets): string[] {
  const problems: string[] = [];
  for (const [file, size] of Object.entries(sizes)) {
    const budget = budgets[file];
    if (budget === undefined) {
      problems.push(`${file} is ${size} bytes and has no budget: npm run sizes -- --update`);
    } else if (size > budget) {
      problems.push(
        `${file} is ${size} bytes, ${size - budget} over its budget of ${budget}. ` +
          `Find what grew; if it is worth it, raise the number in ${BUDGETS_FILE} and say why in CHANGELOG.md`,
      );
    }
  }
  for (const file of Object.keys(budgets)) {
    if (sizes[file] === undefined)
      problems.push(`${BUDGETS_FILE} names ${file}, which is not built`);
  }
  return problems;
}

/** Budgets after a build that got smaller: size + 5 %, never above what was promised before. */
export function lowered(sizes: Record<string, number>, budgets: Budgets): Budgets {
  const next: Budgets = {};
  for (const [file, size] of Object.entries(sizes)) {
    next[file] = Math.min(Math.ceil(size * 1.05), budgets[file] ?? Infinity);
  }
  return next;
}

export function checkSizes(): string[] {
  return sizeProblems(builtSizes(), readBudgets());
}

runAsScript(import.meta.url, "sizes", () => {
  if (process.argv.includes("--update")) {
    const budgets = lowered(builtSizes(), readBudgets());
    writeFileSync(BUDGETS_FILE, `${JSON.stringify(budgets, null, 2)}\n`);
  }
  const budgets = readBudgets();
  for (const [file, size] of Object.entries(builtSizes())) {
    console.log(`${file.padEnd(32)} ${String(size).padStart(7)} of ${budgets[file] ?? "–"} bytes`);
  }
  return checkSizes();
});
