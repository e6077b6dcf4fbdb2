import { createHost, upstream, type Host, type Json } from "proxy-wasm-test";
import { describe, expect, test } from "vitest";
import { Random } from "../../conformance/random.js";
import { loadAlone } from "../loaded.js";

const PROFILES = { envoy: "envoy-1.40", higress: "higress-2.2" } as const;
type Build = keyof typeof PROFILES;
const BUILDS: Build[] = ["envoy", "higress"];

async function gateway(build: Build, config: Record<string, Json>): Promise<Host> {
  return createHost({
    profile: PROFILES[build],
    plugins: [{ wasm: `build/${build}/traffic-tag.wasm`, config }],
    clusters: { backend: upstream().reply(200) },
    lifecycle: "single",
    trace: false,
  });
}

async function tagOf(host: Host, headers: [string, string][] = [], path = "/"): Promise<string> {
  const answer = await host.fetch(`http://a.test${path}`, { headers });
  const tags = answer.upstream[0]!.headers.filter(([name]) => name === "x-tag");
  return tags.map(([, value]) => value).join(" ");
}

const tag = (value: string, more: Record<string, Json>) => ({
  headerName: "x-tag",
  headerValue: value,
  ...more,
});

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

test("whatever clients send, nothing traps and every request goes on", async () => {
  const condition = (conditionType: string, operator: string, value: Json) => ({
    conditionType,
    key: "k",
    operator,
    value,
  });
  const sources = ["header", "parameter", "cookie"];
  const conditions = sources.flatMap((source) => [
    condition(source, "regex", ["(a+)+$"]),
    condition(source, "percentage", [1]),
    condition(source, "prefix", ["é"]),
  ]);
  const host = await gateway("envoy", {
    conditionGroups: [tag("t", { logic: "or", conditions })],
  });
  const random = new Random(7);
  for (let i = 0; i < 3000; i++) {
    const noise = Array.from({ length: random.below(60) }, () =>
      String.fromCharCode(0x21 + random.below(0x5e)),
    ).join("");
    const headers: [string, string][] = [
      ["k", noise],
      ["cookie", `${noise};k=${noise}; ;=`],
    ];
    const path = `/${encodeURI(noise)}?k=${noise.replaceAll(/[#\s]/g, "%")}&k`;
    const answer = await host.fetch("http://a.test/", { headers: [...headers, [":path", path]] });
    expect(answer.status).toBe(200);
  }
  expect(await tagOf(host, [["k", `${"a".repeat(50_000)}b`]])).toBe("");
});
