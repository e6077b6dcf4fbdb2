import { describe, expect, it } from "vitest";
import { isGood, closingLines, tallyLine } from "../../../build/tools/test.js";

describe("npm test", () => {
  it("ends with one line of two counts", () => {
    expect(tallyLine({ passed: 12, failed: ["a"] })).toBe("12 passed, 1 failed");
  });

  it("says before which tests did not run and, last, which failed", () => {
    expect(closingLines({ skipped: [], failed: [] })).toEqual([]);
    const skipped = ["a > b (not in Envoy: no h2)"];
    const failed = ["c.test.ts > d: expected 1 to be 2"];
    expect(closingLines({ skipped, failed })).toEqual([
      "Not run:",
      "  a > b (not in Envoy: no h2)",
      "Failed:",
      "  c.test.ts > d: expected 1 to be 2",
    ]);
  });

  it("is not content with a run in which nothing ran", () => {
    expect(isGood({ passed: 1, failed: [] })).toBe(true);
    expect(isGood({ passed: 9, failed: ["a"] })).toBe(false);
    expect(isGood({ passed: 0, failed: [] })).toBe(false);
  });
});
