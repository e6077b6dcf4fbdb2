import { existsSync, readFileSync } from "node:fs";

export const BUDGETS_FILE = "build/sizes.json";

/** Byte budget of each module, by path below `build/`. */
export type Budgets = Record<string, number>;

export function readBudgets(): Budgets {
  return existsSync(BUDGETS_FILE)
    ? (JSON.parse(readFileSync(BUDGETS_FILE, "utf8")) as Budgets)
    : {};
}
