import { describe, expect, it } from "vitest";
import { CHECKS } from "../../../build/tools/check.js";

describe("npm run check", () => {
  it.each(CHECKS)(
    "%s",
    async (_name, check) => {
      expect(await check()).toEqual([]);
    },
    180_000,
  );
});
