import { Random } from "./random";

/** One way of cutting a body, with a name for messages. */
export interface Cut {
  name: string;
  chunks: Uint8Array[];
}

export interface CutOptions {
  /** Random cuts to add; default 8. */
  random?: number;
  seed?: number;
  /** Largest number of single-border cuts; above it they are spread evenly. Default 2000. */
  borders?: number;
}

function cutAt(bytes: Uint8Array, borders: readonly number[]): Uint8Array[] {
  const edges = [0, ...borders, bytes.length];
  return edges.slice(1).map((end, i) => bytes.slice(edges[i], end));
}

/**
 * Cuts of a body (harness.md §8.5): whole, at every byte border, every byte alone, with empty
 * chunks, and at random borders.
 */
export function* cuts(body: string | Uint8Array, options: CutOptions = {}): Generator<Cut> {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  const { random = 8, seed = 1, borders = 2000 } = options;
  yield { name: "whole", chunks: [bytes] };
  const stride = Math.max(1, Math.ceil((bytes.length - 1) / borders));
  for (let at = 1; at < bytes.length; at += stride)
    yield { name: `at ${at}`, chunks: cutAt(bytes, [at]) };
  const every = Array.from({ length: Math.max(0, bytes.length - 1) }, (_, i) => i + 1);
  yield { name: "every byte", chunks: cutAt(bytes, every) };
  const half = bytes.length >> 1;
  yield { name: "empty chunks", chunks: cutAt(bytes, [0, half, half, bytes.length]) };
  const source = new Random(seed);
  for (let i = 0; i < random && bytes.length > 1; i++) {
    const count = 1 + source.below(Math.min(8, bytes.length - 1));
    const edges = new Set(Array.from({ length: count }, () => 1 + source.below(bytes.length - 1)));
    const sorted = [...edges].sort((a, b) => a - b);
    yield { name: `at ${sorted.join(", ")}`, chunks: cutAt(bytes, sorted) };
  }
}

/** Thrown by `sameForAllCuts`: the smallest cut whose result differs. */
export class CutDifference extends Error {
  constructor(
    readonly cut: string,
    readonly expected: unknown,
    readonly actual: unknown,
  ) {
    super(
      `result depends on how the body is cut: ${cut}\n  whole: ${JSON.stringify(expected)}\n  cut:   ${JSON.stringify(actual)}`,
    );
    this.name = "CutDifference";
  }
}

/**
 * Runs `observe` for every cut; all results (compared as JSON) must equal the uncut one's.
 * Single borders come first, so a difference is reported with the smallest cut that shows it.
 */
export async function sameForAllCuts(
  body: string | Uint8Array,
  observe: (chunks: Uint8Array[]) => unknown,
  options?: CutOptions,
): Promise<number> {
  let expected: string | undefined;
  let count = 0;
  for (const { name, chunks } of cuts(body, options)) {
    const actual = JSON.stringify(await observe(chunks));
    expected ??= actual;
    if (actual !== expected) {
      const value = (text: string | undefined) => (text === undefined ? text : JSON.parse(text));
      throw new CutDifference(name, value(expected), value(actual));
    }
    count++;
  }
  return count;
}
