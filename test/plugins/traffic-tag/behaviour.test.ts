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

describe("what the peer accepts, at work", () => {
  const isHeader = (key: string, value: string) => ({
    conditionType: "header",
    key,
    operator: "equal",
    value,
  });
  const FALLBACK = { defaultTagKey: "x-tag", defaultTagVal: "default" };

  test.each(["and", "or"])("a group of `%s` without conditions is for nobody", async (logic) => {
    const config = { conditionGroups: [tag("all", { logic, conditions: [] })], ...FALLBACK };
    expect(await tagOf(await gateway("envoy", config))).toBe("default");
  });

  test("weights: a text is a number, decimals are cut off, none is no share", async () => {
    // 30 and 70 leave nothing for the default tag, which 30.9 and 69 would not.
    const weightGroups = [tag("never", {}), tag("a", { weight: 30.9 }), tag("b", { weight: "70" })];
    const host = await gateway("envoy", { weightGroups, ...FALLBACK });
    const counts: Record<string, number> = {};
    for (let i = 0; i < 2000; i++) {
      const name = await tagOf(host);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    expect(Object.keys(counts).sort()).toEqual(["a", "b"]);
    const deviation = Math.sqrt(2000 * 0.3 * 0.7);
    expect(Math.abs(counts["a"]! - 600)).toBeLessThan(5 * deviation);
  });

  test.each<Record<string, string>>([
    { defaultTagKey: "x-tag" },
    { defaultTagVal: "default" },
    { defaultTagKey: "x-tag", defaultTagVal: "" },
  ])("half a default tag adds nothing: %o", async (config) => {
    const host = await gateway("envoy", config);
    const [sent] = (await host.fetch("http://a.test/")).upstream;
    const [plain] = (await (await gateway("envoy", {})).fetch("http://a.test/")).upstream;
    const namesOf = (headers: readonly (readonly [string, string])[]) =>
      headers.map(([name]) => name);
    expect(namesOf(sent!.headers)).toEqual(namesOf(plain!.headers));
  });

  test("an object's values are groups, conditions and weights, in its order", async () => {
    const conditions = { x: isHeader("x-a", "1"), y: isHeader("x-b", "1") };
    const config = {
      conditionGroups: {
        first: tag("both", { logic: "and", conditions }),
        second: tag("one", { logic: "or", conditions }),
      },
      weightGroups: { only: tag("weight", { weight: 100 }) },
    };
    const host = await gateway("envoy", config);
    const a: [string, string] = ["x-a", "1"];
    expect(await tagOf(host, [a, ["x-b", "1"]])).toBe("both");
    expect(await tagOf(host, [a])).toBe("one");
    expect(await tagOf(host)).toBe("weight");
  });

  test("a pseudo-header is a header", async () => {
    const conditions = [isHeader(":method", "GET"), isHeader(":authority", "a.test")];
    const config = { conditionGroups: [tag("get", { logic: "and", conditions })] };
    expect(await tagOf(await gateway("envoy", config))).toBe("get");
    const elsewhere = [isHeader(":method", "POST")];
    const post = { conditionGroups: [tag("post", { logic: "and", conditions: elsewhere })] };
    expect(await tagOf(await gateway("envoy", post))).toBe("");
  });
});
