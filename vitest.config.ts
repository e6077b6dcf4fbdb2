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

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "test/bench/**"],
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
