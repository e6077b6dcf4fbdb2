import { describe, expect, it } from "vitest";
import { isGood, skippedLines, tallyLine } from "../../../build/tools/test.js";

describe("npm test", () => {
  it("ends with one line of two counts", () => {
    expect(tallyLine({ passed: 12, failed: 1 })).toBe("12 passed, 1 failed");
  });

  it("says before which tests did not run", () => {
    expect(skippedLines({ skipped: [] })).toEqual([]);
    expect(skippedLines({ skipped: ["a > b (not in Envoy: no h2)"] })).toEqual([
      "Not run:",
      "  a > b (not in Envoy: no h2)",
    ]);
  });

  it("is not content with a run in which nothing ran", () => {
    expect(isGood({ passed: 1, failed: 0 })).toBe(true);
    expect(isGood({ passed: 9, failed: 1 })).toBe(false);
    expect(isGood({ passed: 0, failed: 0 })).toBe(false);
  });
});
