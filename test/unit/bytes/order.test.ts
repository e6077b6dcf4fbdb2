import { beforeAll, expect, it } from "vitest";
import { encodeCuts } from "../llm/cuts.js";
import { seeded } from "../kit/random.js";
import { loadDriver, type Run } from "./load.js";

let run: Run;
let steps = 0;

beforeAll(async () => {
  const entry = "test/unit/bytes/driver/order.ts";
  run = await loadDriver(entry, undefined, undefined, undefined, () => steps++);
});

/** Places of the keys once they are sorted. */
function order(keys: number[]): number[] {
  const answer = run("order", [], encodeCuts(keys))!.toString().trim();
  return answer === "" ? [] : answer.split(" ").map(Number);
}

function expected(keys: number[]): number[] {
  return keys.map((_, i) => i).sort((a, b) => keys[a]! - keys[b]! || a - b);
}

it.each([
  ["nothing", []],
  ["one", [7]],
  ["two", [2, 1]],
  ["in order", [1, 2, 3, 4, 5]],
  ["turned", [5, 4, 3, 2, 1]],
  ["equals stay in their order", [3, 1, 3, 1, 3]],
  ["below and above zero", [0, -1, 1, 2147483647, -2147483648, -1]],
])("%s", (_name, keys) => {
  expect(order(keys)).toEqual(expected(keys));
});

it("any number of any keys", () => {
  const random = seeded(29);
  for (let count = 0; count < 200; count++) {
    const most = random(2) ? 8 : 2 ** 32;
    const keys = Array.from({ length: count }, () => random(most) - most / 2);
    expect(order(keys)).toEqual(expected(keys));
  }
});

it("many, whatever their order was, in few steps", () => {
  const keys = Array.from({ length: 100_000 }, (_, i) => -i);
  const before = steps;
  expect(order(keys)[0]).toBe(99_999);
  expect(steps - before).toBeLessThan(1000 * keys.length); // sorted by insertion: 50 000 for each
});
