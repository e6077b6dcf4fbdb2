import type { Host } from "./host";

export interface LeakOptions {
  /** Runs that are measured; default 200. */
  runs?: number;
  /** Runs before the first measurement; default 50. */
  warmup?: number;
}

export interface LeakReport {
  /** Memory size in bytes after warm-up and after the measured runs. */
  before: number;
  after: number;
  contextsBefore: number;
  contextsAfter: number;
  /** True if memory still grew over the second half of the runs, or contexts were kept. */
  leaking: boolean;
}

/**
 * Runs `scenario` again and again on one host. Linear memory only grows, so a leak shows as growth
 * after everything has warmed up; growth that stops (an allocator finding its size) is none.
 */
export async function checkLeaks(
  host: Host,
  scenario: (run: number) => Promise<unknown>,
  { runs = 200, warmup = 50 }: LeakOptions = {},
): Promise<LeakReport> {
  for (let i = 0; i < warmup; i++) await scenario(i);
  const before = host.memorySize;
  const contextsBefore = host.contextCount;
  for (let i = 0; i < runs / 2; i++) await scenario(warmup + i);
  const middle = host.memorySize;
  for (let i = runs / 2; i < runs; i++) await scenario(warmup + i);
  const after = host.memorySize;
  const contextsAfter = host.contextCount;
  const leaking = (middle > before && after > middle) || contextsAfter > contextsBefore;
  return { before, after, contextsBefore, contextsAfter, leaking };
}
