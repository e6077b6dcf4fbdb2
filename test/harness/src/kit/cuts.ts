import { Random } from "./random.js";

/** Where a body is cut: ascending offsets; equal ones make empty chunks. Empty = not cut. */
export type Cut = readonly number[];

export interface CutOptions {
  /** Random cuts; default 8. */
  random?: number;
  seed?: number;
  /** Largest number of single-border cuts; above it they are spread evenly. Default 2000. */
  borders?: number;
}

/** The chunks of a body under a cut. */
export function cutAt(bytes: Uint8Array, cut: Cut): Uint8Array[] {
  const edges = [0, ...cut, bytes.length];
  return edges.slice(1).map((end, i) => bytes.slice(edges[i], end));
}

/**
 * Cuts of a body (harness.md §8.5), the most telling first: whole, every byte alone, empty chunks,
 * random borders, then one border at every byte. Borders inside UTF-8 sequences, `data:` and line
 * ends are among them however few `borders` are allowed.
 */
export function* cuts(bytes: Uint8Array, options: CutOptions = {}): Generator<Cut> {
  const { random = 8, seed = 1, borders = 2000 } = options;
  yield [];
  const inner = Array.from({ length: Math.max(0, bytes.length - 1) }, (_, i) => i + 1);
  if (inner.length > 1) yield inner;
  const half = bytes.length >> 1;
  yield [0, half, half, bytes.length];
  const source = new Random(seed);
  for (let i = 0; i < random && inner.length > 1; i++) {
    const count = 1 + source.below(Math.min(8, inner.length));
    const edges = Array.from({ length: count }, () => 1 + source.below(inner.length));
    yield [...new Set(edges)].sort((a, b) => a - b);
  }
  const stride = Math.max(1, Math.ceil(inner.length / borders));
  for (const at of inner) if ((at - 1) % stride === 0 || isTender(bytes, at)) yield [at];
}

const DATA = [..."data:"].map((char) => char.charCodeAt(0));

/** A border inside a UTF-8 sequence, inside `data:`, or at a line end. */
function isTender(bytes: Uint8Array, at: number): boolean {
  if ((bytes[at]! & 0xc0) === 0x80) return true;
  if (bytes[at - 1] === 10 || bytes[at - 1] === 13) return true;
  return DATA.some((_, i) => i > 0 && DATA.every((code, j) => bytes[at - i + j] === code));
}
