import { BaseSequencer, type TestSpecification } from "vitest/node";
import { defineConfig } from "vitest/config";

/** Short files that take long: they would come last where nobody knows how long files take. */
const LONG = [/\/golden\.test\.ts$/, /\/envoy\/[a-z-]+\.test\.ts$/, /\/memory\.test\.ts$/];

/** Long files first, so that none runs alone at the end; the rest in vitest's own order. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isLong = ({ moduleId }: TestSpecification) => LONG.some((name) => name.test(moduleId));
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

/** Plugins that only exist to test the SDK: the harness checks every host after each test. */
const CHECKED = ["test/unit/kit/route-call.test.ts", "test/unit/sdk/*.test.ts"];

/**
 * One group of files. Where they share processes, the compiler of small modules and the harness are
 * loaded and warm once: half the CPU time (2026-11-28: 118 s in place of 233 s for 73 files). Files
 * that play thousands of streams have processes of their own, which give their memory back.
 */
function group(name: string, include: string[], exclude: string[], more: object = {}) {
  const none = ["**/node_modules/**", "test/bench/**"];
  return {
    extends: true as const,
    test: { name, include, exclude: [...none, ...exclude], ...more },
  };
}

export default defineConfig({
  test: {
    projects: [
      group("gateways", ["test/**/*.test.ts"], ["test/unit/**"]),
      group("sdk", CHECKED, [], {
        isolate: false,
        setupFiles: ["test/harness/src/vitest/setup.ts"],
      }),
      group("units", ["test/unit/**/*.test.ts"], CHECKED, { isolate: false }),
    ],
    pool: "forks",
    // Some tests run a gateway, a model server and a load next to each other; others mostly wait for
    // a gateway, which leaves room for a third on two cores.
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
  },
});
