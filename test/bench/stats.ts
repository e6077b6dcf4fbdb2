/** Arithmetic of the benchmark, free of processes and clocks so that it can be tested. */

/** The middle value, or the mean of the two middle ones; NaN without values. */
export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2;
}

/** Half the distance between the quartiles: how far a typical round is from the median. */
export function spread(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const low = median(sorted.slice(0, half));
  const high = median(sorted.slice(sorted.length - half));
  return sorted.length < 2 ? 0 : (high - low) / 2;
}

/**
 * Round by round difference: rounds are interleaved, so round i of both saw the same machine.
 * Rounds only one of them has are left out.
 */
export function over(rounds: number[], base: number[]): number[] {
  const both = Math.min(rounds.length, base.length);
  return rounds.slice(0, both).map((value, i) => value - (base[i] ?? NaN));
}

/**
 * How many times more `a` adds to `base` than `b` does: the median of the rounds' ratios. Null when
 * there is nothing to compare, or `b` adds nothing that the rounds can tell from noise.
 */
export function costRatio(a: number[], b: number[], base: number[]): number | null {
  const above = over(a, base);
  const below = over(b, base);
  const ratios = above
    .slice(0, below.length)
    .map((value, i) => value / (below[i] ?? NaN))
    .filter((ratio, i) => (below[i] ?? 0) > 0 && Number.isFinite(ratio));
  // Half of the rounds must show a cost of b at all, or the ratio is one of noise.
  return ratios.length * 2 > below.length ? median(ratios) : null;
}

/**
 * Blocks ▁ to █ between the smallest and the largest value; a flat line for equal ones.
 *
 * @param least smallest range worth the full height, so that noise does not look like growth
 */
export function sparkline(values: number[], least = 0): string {
  const blocks = "▁▂▃▄▅▆▇█";
  const low = Math.min(...values);
  const range = Math.max(least, Math.max(...values) - low);
  return values
    .map((value) => blocks[range ? Math.round(((value - low) / range) * 7) : 0])
    .join("");
}
