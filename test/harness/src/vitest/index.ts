import { expect } from "vitest";
import { matchers } from "./matchers";

export { matchers } from "./matchers";

expect.extend(matchers);

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
}

declare module "vitest" {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any, @typescript-eslint/no-empty-object-type
  interface Matchers<T = any> extends HarnessMatchers<T> {}
}
