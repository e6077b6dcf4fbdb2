import { codeSection, type Range } from "../wasm.js";

/** V8 calls a function short that has less. */
const SHORT = 50;
const CODE_SECTION = 10;
const NOP = 0x01;

/**
 * Lengthens short functions, by instructions that do nothing, until they are a quarter of all.
 *
 * V8 makes functions part of those that call them. Their share of short ones tells it how often:
 * with half of them a function may grow to five times its size, with a quarter to twice
 * (`BudgetScaleFactor` of its wasm/inlining-tree.h; Envoy 1.40 has V8 14.6). asc's modules have 35
 * to 45 %, and each function that grew must be compiled, which the heap of the process remembers.
 *
 * @param most bytes that the module may have; the longest of the short functions come first
 */
export function lengthen(wasm: Uint8Array, most: number): Uint8Array {
  const { section, bodies } = codeSection(wasm);
  const short = bodies.filter((body) => lengthOf(body) < SHORT);
  short.sort((a, b) => lengthOf(b) - lengthOf(a));
  const excess = short.length - Math.floor(bodies.length / 4);
  let room = most - wasm.length - 1; // the length of the section may take a byte more
  const chosen = short.slice(0, Math.max(0, excess)).filter((body) => {
    room -= SHORT - lengthOf(body);
    return room >= 0;
  });
  if (chosen.length === 0) return wasm;
  return Buffer.concat([
    wasm.subarray(0, section.before),
    withLength(CODE_SECTION, lengthened(wasm, section, chosen)),
    wasm.subarray(section.end),
  ]);
}

function lengthOf({ start, end }: Range): number {
  return end - start;
}

/** The content of the code section. */
function lengthened(wasm: Uint8Array, section: Range, chosen: readonly Range[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = section.start;
  for (const body of [...chosen].sort((a, b) => a.start - b.start)) {
    const last = body.end - 1; // the instruction that ends it
    parts.push(wasm.subarray(at, body.start - 1), Uint8Array.of(SHORT)); // its length was a byte, too
    parts.push(wasm.subarray(body.start, last), new Uint8Array(SHORT - lengthOf(body)).fill(NOP));
    at = last;
  }
  return Buffer.concat([...parts, wasm.subarray(at, section.end)]);
}

function withLength(id: number, content: Uint8Array): Uint8Array {
  const head = [id];
  let length = content.length;
  for (; length > 127; length >>>= 7) head.push((length & 127) | 128);
  head.push(length);
  return Buffer.concat([Uint8Array.from(head), content]);
}
