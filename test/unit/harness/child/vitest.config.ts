import { defineConfig } from "vitest/config";

/** A project of somebody else's, as `automatic-check.test.ts` runs it. */
export default defineConfig({
  test: {
    dir: "test/unit/harness/child",
    include: ["**/*.fixture.ts"],
    setupFiles: ["test/harness/src/vitest/setup.ts"],
    testTimeout: 60_000,
  },
});
