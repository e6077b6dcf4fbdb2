import { describe, expect, it } from "vitest";
import { lowered, sizeProblems } from "../../../build/tools/check-sizes.js";

describe("size budgets", () => {
  it("are kept by a module of exactly that size", () => {
    expect(sizeProblems({ "envoy/a.wasm": 100 }, { "envoy/a.wasm": 100 })).toEqual([]);
  });

  it("say the size, the budget and what to do when broken", () => {
    const [problem] = sizeProblems({ "envoy/a.wasm": 120 }, { "envoy/a.wasm": 100 });
    expect(problem).toContain("envoy/a.wasm is 120 bytes, 20 over its budget of 100");
    expect(problem).toContain("build/sizes.json");
  });

  it("miss a module without a budget and a budget without a module", () => {
    expect(sizeProblems({ "envoy/a.wasm": 1 }, {})[0]).toContain("has no budget");
    expect(sizeProblems({}, { "envoy/a.wasm": 1 })[0]).toContain("is not built");
  });

  it("go down by themselves, never up", () => {
    expect(lowered({ a: 100, b: 100, c: 100 }, { a: 200, b: 90 })).toEqual({
      a: 105,
      b: 90,
      c: 105,
    });
  });
});
