import { expect, test as base } from "vitest";
import type { ChunkOptions, ChunkScenario } from "../kit/chunks";
import { fuzz } from "../kit/fuzz";
import type { ScheduleOptions, ScheduleScenario } from "../kit/schedule";
import { matchers } from "./matchers";

export { matchers } from "./matchers";

expect.extend(matchers);

/** Vitest's `test`; `test.chunks(name, scenario)` runs `fuzz.chunks`, `test.schedule` `fuzz.schedule`. */
export const test = Object.assign(base.extend({}), {
  chunks(name: string, scenario: ChunkScenario, options?: ChunkOptions): void {
    base(name, async () => {
      const { runs } = await fuzz.chunks(scenario, options);
      expect(runs).toBeGreaterThan(1);
    });
  },
  schedule(name: string, scenario: ScheduleScenario, options?: ScheduleOptions): void {
    base(name, async () => {
      const { orders } = await fuzz.schedule(scenario, options);
      expect(orders).toBeGreaterThan(1);
    });
  },
});

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
