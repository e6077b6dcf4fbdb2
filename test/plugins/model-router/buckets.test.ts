import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { gateway } from "./support.js";

/** Key → bucket of 10 000, with the salt `r1-canary`, as computed elsewhere. */
const BUCKETS: [string, number][] = [
  ["alice", 9234],
  ["bob", 2708],
  ["user-1", 6879],
  ["user-2", 8668],
  ["用户", 5363],
  ["42", 7917],
];

test.each(BUCKETS)("the key %s is in bucket %d", async (key, bucket) => {
  const variants = [
    { name: "before", weight: bucket / 100 },
    { name: "it", weight: 0.01 },
    { name: "after", weight: (10_000 - bucket - 1) / 100 },
  ];
  const sticky = { by: ["body:user"], salt: "r1-canary" };
  const split = { responseHeader: "x-variant", rules: [{ name: "r", sticky, variants }] };
  const host = await gateway({ split });
  const answer = await host.fetch("/v1/chat/completions", {
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ model: "m", user: key }),
  });
  expect(answer.headers).toContainEqual(["x-variant", "it"]);
  await host.close();
});

// With three or more variants only keys on borders that are shifted move: as few as can, when the
// weight that changes is next to the baseline's.
describe("a change of weights among three variants", () => {
  const NAMES = ["baseline", "near", "far"];
  const KEYS = Array.from({ length: 500 }, (_, i) => `u${i}`);
  const bucketOf = (key: string) =>
    Number(createHash("sha256").update(`s\0${key}`).digest().readBigUInt64BE() % 10_000n);

  /** The variant of each key. */
  async function shared(weights: number[]): Promise<string[]> {
    const variants = NAMES.map((name, i) => ({ name, weight: weights[i] }));
    const rules = [{ name: "r", sticky: { by: ["header:x-user"], salt: "s" }, variants }];
    await using host = await gateway({ split: { responseHeader: "x-variant", rules } });
    const found: string[] = [];
    for (const key of KEYS) {
      const headers = { "content-type": "application/json", "x-user": key };
      const answer = await host.fetch("/v1/chat/completions", { headers, body: '{"model":"m"}' });
      found.push(String(answer.headers.get("x-variant")));
    }
    return found;
  }

  const STEPS: [string, number[], [number, number, string][]][] = [
    ["next to the baseline", [75, 15, 10], [[7500, 8000, "baseline near"]]],
    [
      "behind another",
      [75, 10, 15],
      [
        [7500, 8000, "baseline near"],
        [8500, 9000, "near far"],
      ],
    ],
    [
      "back to the baseline alone",
      [100, 0, 0],
      [
        [8000, 9000, "near baseline"],
        [9000, 10_000, "far baseline"],
      ],
    ],
  ];

  test.each(STEPS)("%s", async (_what, weights, borders) => {
    const [before, after] = [await shared([80, 10, 10]), await shared(weights)];
    let moved = 0;
    for (const [i, key] of KEYS.entries()) {
      const bucket = bucketOf(key);
      const border = borders.find(([from, to]) => bucket >= from && bucket < to);
      const way = before[i] === after[i] ? undefined : `${before[i]} ${after[i]}`;
      expect([key, way]).toEqual([key, border?.[2]]);
      if (way) moved++;
    }
    expect(moved).toBeGreaterThan(0);
  });
});
