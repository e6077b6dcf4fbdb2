import { describe, expect, it } from "vitest";
import { CHECKS, runChecks } from "../../../build/tools/check.js";

describe("npm run check", () => {
  it.each(CHECKS)(
    "%s",
    async (_name, check) => {
      expect(await check()).toEqual([]);
    },
    180_000,
  );
});

it("a check that does not exist does not pass", async () => {
  expect(await runChecks(["nonsense"])).toBe(false);
});
