import binaryen from "binaryen";
import { describe, expect, it } from "vitest";
import { lengthen } from "../../../build/tools/pack/lengthen.js";
import { codeSection } from "../../../build/tools/wasm.js";

/** A module of functions `f0`, `f1` and so on; each answers how many ones it adds up, two bytes or so each. */
function functions(...ones: number[]): Uint8Array {
  const module = new binaryen.Module();
  ones.forEach((count, index) => {
    let sum = module.i32.const(0);
    for (let i = 0; i < count; i++) sum = module.i32.add(sum, module.i32.const(1));
    module.addFunction(`f${index}`, binaryen.none, binaryen.i32, [], sum);
    module.addFunctionExport(`f${index}`, `f${index}`);
  });
  const bytes = module.emitBinary();
  module.dispose();
  return bytes;
}

function lengths(wasm: Uint8Array): number[] {
  return codeSection(wasm).bodies.map(({ start, end }) => end - start);
}

function answers(wasm: Uint8Array): number[] {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(wasm as BufferSource));
  return Object.values(exports).map((answer) => (answer as () => number)());
}

describe("short functions are lengthened", () => {
  const module = functions(2, 40, 3, 1, 14, 15, 30, 0);

  it("until they are a quarter, the longest first", () => {
    const before = lengths(module);
    expect(before.filter((length) => length < 50)).toHaveLength(6);
    const long = lengthen(module, 10_000);
    expect(lengths(long)).toEqual(
      before.map((length, at) => (at === 3 || at === 7 ? length : Math.max(length, 50))),
    );
    expect(answers(long)).toEqual(answers(module));
  });

  it("as long as there is room", () => {
    const most = module.length + 20;
    const long = lengthen(module, most);
    expect(long.length).toBeGreaterThan(module.length);
    expect(long.length).toBeLessThanOrEqual(most);
    expect(answers(long)).toEqual(answers(module));
  });

  it("where the length of all code takes a byte more", () => {
    const nearly = functions(0, 0, 14, 14);
    expect(answers(lengthen(nearly, 10_000))).toEqual([0, 0, 14, 14]);
  });

  it.each([
    ["without room", module, module.length],
    ["with few short functions", functions(1, 30, 30, 30), 10_000],
  ])("and not %s", (_name, wasm, most) => {
    expect(lengthen(wasm, most)).toBe(wasm);
  });
});
