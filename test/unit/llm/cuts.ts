import { Random } from "../../conformance/random.js";

/** Positions as the drivers want them: 32 bits little endian each. */
export function encodeCuts(cuts: readonly number[]): Buffer {
  const bytes = Buffer.alloc(cuts.length * 4);
  cuts.forEach((cut, i) => bytes.writeInt32LE(cut, i * 4));
  return bytes;
}

/** A body cut in two at every place, then byte by byte, then at random places. */
export function* allCuts(length: number, seed = 1, times = 20): Generator<number[]> {
  for (let at = 0; at <= length; at++) yield [at];
  yield Array.from({ length }, (_, i) => i);
  const random = new Random(seed);
  for (let i = 0; i < times; i++) {
    const count = 1 + random.below(12);
    yield Array.from({ length: count }, () => random.below(length + 1)).sort((a, b) => a - b);
  }
}
