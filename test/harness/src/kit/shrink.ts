/**
 * The smallest part of a list that still fails: items are left out, larger parts first, until every
 * one is needed. Never shorter than `least`. Stops early after `budget` tries.
 */
export async function shrink<T>(
  list: readonly T[],
  fails: (list: readonly T[]) => Promise<boolean>,
  { least = 0, budget = 400 } = {},
): Promise<readonly T[]> {
  let left = budget;
  let kept = list;
  for (let size = Math.ceil(kept.length / 2); size >= 1;) {
    let smaller = false;
    for (let from = 0; from < kept.length && kept.length > least;) {
      if (left-- <= 0) return kept;
      const rest = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (rest.length >= least && (await fails(rest))) {
        kept = rest;
        smaller = true;
      } else from += size;
    }
    if (size > 1) size = Math.ceil(size / 2);
    else if (!smaller) break;
  }
  return kept;
}
