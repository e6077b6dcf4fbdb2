import { Random } from "../../conformance/random.js";

/** Whole numbers below `below` that look random and are the same in every run. */
export function seeded(seed: number): (below: number) => number {
  const random = new Random(seed);
  return (below) => random.below(below);
}
