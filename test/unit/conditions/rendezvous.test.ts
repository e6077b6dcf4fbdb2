import { createHash } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { loadDriver, type Run } from "../bytes/load.js";

const KEYS = 100_000;
const NAMES = ["openai", "deepseek", "qwen", "other"];
const SALT = "s";

let run: Run;
beforeAll(async () => {
  run = await loadDriver("test/unit/conditions/driver/rendezvous.ts");
});

/** The choice of each key, in percent. */
const assign = (weights: number[], names = NAMES): Buffer =>
  run("assign", [KEYS, ...weights.map((weight) => weight * 100)], SALT, ...names)!;

/** What is expected of a share, give or take three standard deviations. */
function expectShare(count: number, share: number): void {
  const deviation = Math.sqrt(KEYS * share * (1 - share));
  expect(Math.abs(count - KEYS * share)).toBeLessThanOrEqual(3 * deviation);
}

const count = (choices: Buffer, index: number) => choices.filter((it) => it === index).length;

test("anybody can compute it", () => {
  const weights = [50, 30, 20, 0];
  const logs = (key: string) =>
    weights.map((weight, i) => {
      const digest = createHash("sha256").update(`${SALT}\0${key}\0${NAMES[i]}`).digest();
      return -Math.log2(Number(digest.readBigUInt64BE()) / 2 ** 64) / weight;
    });
  const found = assign(weights);
  for (let i = 0; i < 20_000; i++) {
    const distances = logs(`u${i}`);
    expect([i, found[i]]).toEqual([i, distances.indexOf(Math.min(...distances))]);
  }
});

test.each([
  [[90, 10, 0, 0]],
  [[50, 30, 20, 0]],
  [[40, 40, 20, 0]],
  [[99, 0.5, 0.25, 0.25]],
  [[25, 25, 25, 25]],
  [[0, 0, 0, 100]],
])("%j is split exactly", (weights) => {
  const choices = assign(weights);
  for (const [i, weight] of weights.entries()) expectShare(count(choices, i), weight / 100);
});

test("the order of the list is nothing", () => {
  const there = assign([50, 30, 20, 0]);
  const back = assign([0, 20, 30, 50], [...NAMES].reverse());
  expect(back.every((choice, i) => 3 - choice === there[i])).toBe(true);
});

describe("what moves when weights change", () => {
  /** Keys that move, and the ways they go. */
  function moves(before: number[], after: number[]): { moved: number; ways: Set<string> } {
    const [from, to] = [assign(before), assign(after)];
    const ways: string[] = [];
    for (const [i, choice] of from.entries())
      if (choice !== to[i]) ways.push(`${NAMES[choice]} ${NAMES[to[i]!]}`);
    return { moved: ways.length, ways: new Set(ways) };
  }

  // The minimum is what the choices that lose something lose together.
  const STEPS: [string, number[], number[], string[]][] = [
    ["of two, more", [90, 10, 0, 0], [80, 20, 0, 0], ["openai deepseek"]],
    ["of two, less", [80, 20, 0, 0], [90, 10, 0, 0], ["deepseek openai"]],
    ["one comes", [50, 30, 20, 0], [45, 27, 18, 10], NAMES.slice(0, 3).map((it) => `${it} other`)],
    ["one goes", [50, 30, 20, 0], [0, 60, 40, 0], ["openai deepseek", "openai qwen"]],
    [
      "one of four goes",
      [40, 24, 16, 20],
      [50, 30, 20, 0],
      ["other openai", "other deepseek", "other qwen"],
    ],
    [
      "one grows, the others shrink alike",
      [50, 30, 20, 0],
      [25, 15, 60, 0],
      ["openai qwen", "deepseek qwen"],
    ],
    [
      "one shrinks, the others grow alike",
      [50, 30, 20, 0],
      [20, 48, 32, 0],
      ["openai deepseek", "openai qwen"],
    ],
  ];

  test.each(STEPS)("%s: %j → %j, the minimum", (_what, before, after, ways) => {
    const lost = before.reduce((sum, weight, i) => sum + Math.max(0, weight - after[i]!), 0);
    const { moved, ways: found } = moves(before, after);
    expectShare(moved, lost / 100);
    expect([...found].sort()).toEqual([...ways].sort());
  });

  // What remembers nothing cannot always move the minimum. From (½, ½, 0) by way of (½, 0, ½) to
  // (0, ½, ½) the second would have, of all keys, those that the first had; straight, its own.
  test.each([
    [
      [50, 30, 20, 0],
      [40, 40, 20, 0],
    ],
    [
      [50, 30, 20, 0],
      [40, 30, 30, 0],
    ],
    [
      [40, 30, 20, 10],
      [30, 30, 20, 20],
    ],
    [
      [80, 10, 10, 0],
      [75, 10, 15, 0],
    ],
  ])("%j → %j: little more than the minimum", (before, after) => {
    const lost = before.reduce((sum, weight, i) => sum + Math.max(0, weight - after[i]!), 0) / 100;
    const stay = before.reduce((sum, weight, i) => {
      const rivals = before.map((other, j) => Math.max(other / weight, after[j]! / after[i]!));
      return weight * after[i]! === 0 ? sum : sum + 1 / rivals.reduce((a, b) => a + b, 0);
    }, 0);
    const { moved } = moves(before, after);
    expectShare(moved, 1 - stay);
    expect(1 - stay).toBeLessThan((2 * lost) / (1 + lost));
  });
});
