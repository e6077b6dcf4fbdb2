import { expect, test } from "vitest";
import { countTokens, embed } from "../../../examples/demo/mock-model/index.js";

test.each([
  ["", 0],
  ["   ", 0],
  ["Hello, world!", 4],
  ["gpt-4o", 3],
  ["你好世界", 4],
  ["你好 world", 3],
  ["naïve café", 2],
  ["👋🏽", 2],
])("%j counts %i tokens", (text, tokens) => {
  expect(countTokens(text)).toBe(tokens);
});

test("every text has an embedding of length 1, the empty one too", () => {
  for (const text of ["", " ", "a", "你", "👋", "word ".repeat(500)]) {
    const length = Math.hypot(...embed(text));
    expect(length, JSON.stringify(text)).toBeCloseTo(1, 5);
  }
});
