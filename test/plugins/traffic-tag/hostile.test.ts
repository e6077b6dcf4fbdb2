import type { Host, Json } from "proxy-wasm-test";
import { beforeEach, describe, expect, test } from "vitest";
import { Random } from "../../conformance/random.js";
import { gateway, tag, tagOf } from "./support.js";

const SOURCES = ["header", "parameter", "cookie"];

function condition(conditionType: string, operator: string, value: Json): Json {
  return { conditionType, key: "k", operator, value };
}

const group = (name: string, conditions: Json[]) => tag(name, { logic: "or", conditions });

describe("whatever clients send, nothing traps and every request goes on", () => {
  let host: Host;
  beforeEach(async () => {
    const conditions = SOURCES.flatMap((source) => [
      condition(source, "regex", ["(a+)+$"]),
      condition(source, "percentage", [1]),
      condition(source, "prefix", ["é"]),
    ]);
    host = await gateway("envoy", { conditionGroups: [group("t", conditions)] });
  });

  test("noise in all places", async () => {
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
  });

  test("a value that makes other matchers backtrack takes linear time", async () => {
    expect(await tagOf(host, [["k", `${"a".repeat(50_000)}b`]])).toBe("");
  });
});

describe("long and crowded places are read to their end", () => {
  let host: Host;
  beforeEach(async () => {
    const groups = SOURCES.map((source) => group(source, [condition(source, "equal", "yes")]));
    host = await gateway("envoy", { conditionGroups: groups });
  });

  test.each<[string, [string, string][], string]>([
    ["cookie", [["cookie", `${"c=1; ".repeat(8000)}k=yes`]], "/"],
    ["parameter", [], `/?${"c=1&".repeat(8000)}k=yes`],
    ["parameter", [], `/?${"%zz&;&=&".repeat(4000)}k=yes`],
    [
      "header",
      [...Array.from({ length: 90 }, (_, i) => [`h${i}`, "k"] as [string, string]), ["k", "yes"]],
      "/",
    ],
  ])("a %s behind many others", async (source, headers, path) => {
    expect(await tagOf(host, headers, path)).toBe(source);
  });

  test.each<[string, [string, string][], string]>([
    ["a key without a value", [["cookie", "k"]], "/?k"],
    ["a longer key", [["cookie", "kk=yes"]], "/?kk=yes"],
    ["a second value", [["cookie", "k=no; k=yes"]], "/?k=no&k=yes"],
    ["a value cut off in an escape", [["cookie", "k=ye"]], "/?k=yes%"],
    ["a path that cannot be read", [], "/%zz?k=yes"],
    ["a fragment", [], "/#?k=yes"],
  ])("%s is no match", async (_what, headers, path) => {
    expect(await tagOf(host, headers, path)).toBe("");
  });
});
