import { expect, test } from "vitest";
import { DOCUMENTS, KEY_PATHS, PATHS } from "./documents.js";
import { loadDriver } from "./load.js";

const driver = await loadDriver("mutations");
const MUTATIONS = 1_000_000;
/** A call frees what the one before left: a small batch stays in the cache of the processor. */
const BATCH = 50;

test("all paths of the mutation test compile", () => {
  const counts = driver.text("prepare", PATHS.join("\n"), KEY_PATHS.join("\n"));
  expect(counts).toBe(`${PATHS.length} ${KEY_PATHS.length}`);
});

test("a million mutations: nothing traps, nothing is read past the end, edits keep documents valid", () => {
  let valid = 0;
  let broken = 0;
  for (let seed = 1; seed <= MUTATIONS / BATCH; seed++) {
    const document = DOCUMENTS[seed % DOCUMENTS.length] ?? "";
    let counts: string | null;
    try {
      counts = driver.run("run", [seed, BATCH], document);
    } catch (error) {
      throw new Error(`seed ${seed} on ${document}`, { cause: error });
    }
    const [validNow = NaN, brokenNow = NaN] = (counts ?? "").split(" ").map(Number);
    valid += validNow;
    broken += brokenNow;
  }
  expect(broken).toBe(0);
  // Both sides must be met often: valid documents and malformed ones.
  expect(valid).toBeGreaterThan(MUTATIONS / 50);
  expect(valid).toBeLessThan(MUTATIONS / 2);
}, 300_000);
