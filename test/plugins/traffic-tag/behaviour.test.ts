import { describe, expect, test } from "vitest";
import { loadAlone } from "../loaded.js";
import { BUILDS, gateway, tag, tagOf } from "./support.js";

describe.each(BUILDS)("%s", (build) => {
  test("weights: shares of 10 000 requests, and none for the rest", async () => {
    const host = await gateway(build, {
      weightGroups: [
        tag("a", { weight: 10 }),
        tag("b", { weight: 65 }),
        tag("never", { weight: 0 }),
      ],
    });
    const counts: Record<string, number> = {};
    for (let i = 0; i < 10_000; i++) {
      const name = await tagOf(host);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    expect(Object.keys(counts).sort()).toEqual(["", "a", "b"]);
    // Five standard deviations of a share of 10 000.
    for (const [name, share] of [
      ["a", 0.1],
      ["b", 0.65],
      ["", 0.25],
    ] as const) {
      const deviation = Math.sqrt(10_000 * share * (1 - share));
      expect(Math.abs(counts[name]! - 10_000 * share)).toBeLessThan(5 * deviation);
    }
  });

  test.each([
    ["user123", 38],
    ["", 52],
    ["alice", 7],
    ["bob", 50],
    ["42", 37],
  ])("the hash of %j is %i", async (value, hash) => {
    const below = (percent: number) => ({
      conditionGroups: [
        tag("in", {
          logic: "and",
          conditions: [
            { conditionType: "header", key: "x-user", operator: "percentage", value: [percent] },
          ],
        }),
      ],
    });
    const headers: [string, string][] = [["x-user", value]];
    expect(await tagOf(await gateway(build, below(hash)), headers)).toBe("");
    expect(await tagOf(await gateway(build, below(hash + 1)), headers)).toBe("in");
  });
});

test("a configuration that the peer accepts by mistake: the damaged group is dropped", async () => {
  const good = { conditionType: "header", key: "x-a", operator: "equal", value: ["1"] };
  const config = {
    conditionGroups: [
      tag("damaged", { logic: "and", conditions: [good, { ...good, operator: "like" }] }),
      tag("whole", { logic: "and", conditions: [good] }),
    ],
  };
  const { accepted, lines } = await loadAlone("traffic-tag", config);
  expect(accepted).toBe(true);
  expect(lines.join("\n")).toContain("condition group 0 ignored: invalid operator: 'like'");
  expect(await tagOf(await gateway("envoy", config), [["x-a", "1"]])).toBe("whole");
});
