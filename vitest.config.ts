import { defineConfig } from "vitest/config";

/** Tests that change what a process has: environment variables, modules (`vi.mock`). */
const ALONE = ["test/unit/tools/**/*.test.ts", "test/unit/demo/**/*.test.ts"];

export default defineConfig({
  test: {
    pool: "forks",
    // Some tests run a gateway, a model server and a load next to each other; others mostly wait for
    // a gateway, which leaves room for a third on two cores.
    maxWorkers: 3,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
    projects: [
      {
        extends: true,
        test: { name: "alone", include: ALONE },
      },
      {
        extends: true,
        test: {
          name: "together",
          include: ["test/**/*.test.ts"],
          exclude: ["**/node_modules/**", "test/bench/**", ...ALONE],
          // A process keeps what is costly to load and the same for all: the compiler, plugins'
          // modules and what their start functions made.
          isolate: false,
        },
      },
    ],
  },
});
