import { describe, expect, it } from "vitest";
import { isGood, tallyLine } from "../../../build/tools/test.js";

describe("npm test", () => {
  it("ends with one line of counts", () => {
    expect(tallyLine({ passed: 12, failed: 1, skipped: 0 })).toBe("12 passed, 1 failed");
    expect(tallyLine({ passed: 12, failed: 0, skipped: 2 })).toBe("12 passed, 0 failed, 2 skipped");
  });

  it("is not content with a run in which nothing ran", () => {
    expect(isGood({ passed: 1, failed: 0, skipped: 5 })).toBe(true);
    expect(isGood({ passed: 9, failed: 1, skipped: 0 })).toBe(false);
    expect(isGood({ passed: 0, failed: 0, skipped: 5 })).toBe(false);
  });
});
