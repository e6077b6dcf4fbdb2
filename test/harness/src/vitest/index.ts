import { expect, test as base } from "vitest";
import type { ChunkOptions, ChunkScenario } from "../kit/chunks.js";
import { fuzz } from "../kit/fuzz.js";
import type { ScheduleOptions, ScheduleScenario } from "../kit/schedule.js";
import { matchers } from "./matchers.js";

export { matchers } from "./matchers.js";

expect.extend(matchers);

interface HarnessTests {
  /** A test that runs `fuzz.chunks`. */
  chunks(name: string, scenario: ChunkScenario, options?: ChunkOptions): void;
  /** A test that runs `fuzz.schedule`. */
  schedule(name: string, scenario: ScheduleScenario, options?: ScheduleOptions): void;
}

const tests: HarnessTests = {
  chunks(name, scenario, options) {
    base(name, async () => {
      const { runs } = await fuzz.chunks(scenario, options);
      expect(runs).toBeGreaterThan(1);
    });
  },
  schedule(name, scenario, options) {
    base(name, async () => {
      const { orders } = await fuzz.schedule(scenario, options);
      expect(orders).toBeGreaterThan(1);
    });
  },
};

/** Vitest's `test` with the harness's own kinds. */
export const test: typeof base & HarnessTests = Object.assign(base.extend({}), tests);

interface HarnessMatchers<R> {
  toHaveNoViolations(): R;
  toHaveNoLeak(): R;
  toHaveViolation(rule: string): R;
  toBeLocalReply(status: number, details?: string): R;
  toPause(action?: string): R;
  toHaveCounter(name: string, value: number): R;
  toHaveGauge(name: string, value: number): R;
  toHaveLogged(wanted: string | RegExp): R;
  toContainTrace(lines: readonly string[]): R;
  toMatchTraceSnapshot(hint?: string): R;
}

declare module "vitest" {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any, @typescript-eslint/no-empty-object-type
  interface Matchers<T = any> extends HarnessMatchers<T> {}
}
