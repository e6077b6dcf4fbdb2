import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadDriver } from "./load.js";

interface Vectors {
  docs: Record<string, string>;
  /** By document: path and the text of its value, null when it is missing. */
  cases: Record<string, [path: string, text: string | null][]>;
}

const { docs, cases } = JSON.parse(
  readFileSync("test/unit/json/fixtures/gjson.json", "utf8"),
) as Vectors;
const driver = await loadDriver("path");

describe.each(Object.entries(cases))(
  "GJSON 1.18 and ours agree on the document %s",
  (name, rows) => {
    test.each(rows)("%s", (path, text) => {
      expect(driver.text("get", docs[name] ?? "", path)).toBe(text);
    });
  },
);

describe("a path in SSE data starts at the first bracket", () => {
  test.each([
    ["an empty list of choices", ' {"choices":[]}', null],
    ["a delta without content", ' {"choices":[{"delta":{}}]}', null],
    ["null content exists and is empty", ' {"choices":[{"delta":{"content":null}}]}', ""],
    ["the end marker", " [DONE]", null],
    ["a data prefix", 'data: {"choices":[{"delta":{"content":"x"}}]}', "x"],
    ["a comment with a bracket hides the data", ': [x]\ndata: {"choices":[]}', null],
    ["nothing", "", null],
  ])("%s", (_name, data, text) => {
    expect(driver.text("getFromData", data, "choices.0.delta.content")).toBe(text);
  });

  test("a body must begin with its value", () => {
    expect(driver.text("get", 'data: {"a":1}', "a")).toBeNull();
    expect(driver.text("get", ' \r\n\t{"a":1}', "a")).toBe("1");
  });
});

describe("where GJSON is known to be odd, ours follows the contract", () => {
  test("a pipe after a query without matches applies to the empty array", () => {
    expect(driver.text("get", '{"a":[]}', 'a.#(b=="x")#.c|0')).toBeNull();
    expect(driver.text("get", '{"a":[]}', 'a.#(b=="x")#.c|#')).toBe("0");
  });

  test("the first of two equal keys wins even if the rest of the path is in the second", () => {
    expect(driver.text("get", '{"a":1,"a":{"b":2}}', "a.b")).toBeNull();
  });

  test("a literal ends with its value", () => {
    expect(driver.text("get", "{}", '[!"x",!5,!true,!1.5e3,!null]')).toBe(
      '["x",5,true,1.5e3,null]',
    );
    expect(driver.text("get", "{}", '!{"a":[1,2]}.a.1')).toBe("2");
  });

  test("@pretty puts every element on a line of its own", () => {
    expect(driver.text("get", '{"a":[1,{}],"b":"x,y"}', "@pretty")).toBe(
      '{\n  "a": [\n    1,\n    {}\n  ],\n  "b": "x,y"\n}',
    );
  });

  test("lines are read like an array, by modifiers and multipaths too", () => {
    expect(driver.text("get", '{"a":1}\n[3]', "..@reverse|1.a")).toBe("1");
    expect(driver.text("get", '{"a":1}\n[3]', "..[0.a,1.0]")).toBe("[1,3]");
  });

  test("a pattern that tries every place of a long text has no limit of work to hit", () => {
    const list = JSON.stringify(["a".repeat(20_000)]);
    expect(driver.text("get", list, '#(%"*a*a*a*a*b")#|#')).toBe("0");
    expect(driver.text("get", list, '#(%"*a*a*a*a*a")#|#')).toBe("1");
  });

  test("an escaped wildcard is a plain character even in a pattern", () => {
    expect(driver.text("get", '{"axb":1,"a*bc":2}', "a\\*b?")).toBe("2");
  });
});

describe("a path that cannot be parsed is refused with a reason", () => {
  test.each([
    ["", "the path is empty"],
    ["a.#(b", "a query is not closed"],
    ['a.#(b=="x)', "a query is not closed"],
    ["a.#(b==1)x", "expected . or | after a component"],
    ["{a", "a multipath is not closed"],
    ["[a,b", "a multipath is not closed"],
    ["{a}b", "expected . or | after a component"],
    ['@flatten:{"deep":true}x', "expected . or | after the argument of a modifier"],
    ['@flatten:{"deep":true', "the argument of a modifier is not closed"],
    ['a.@flatten:{"deep', "the argument of a modifier is not closed"],
    ["@reverse:[1|b", "the argument of a modifier is not closed"],
    ['@reverse:"', "the argument of a modifier is not closed"],
    ["@dig:#(a|b", "the argument of a modifier is not closed"],
    ["a.#(b.#(c)x==1)", "expected . or | after a component"],
    ["[".repeat(40) + "a" + "]".repeat(40), "the path is nested too deep"],
    ["#(".repeat(40) + "a" + ")".repeat(40), "the path is nested too deep"],
  ])("%s", (path, reason) => {
    expect(driver.text("reason", path)).toBe(reason);
  });

  test.each([
    "a",
    "a.",
    "@nope",
    "a.@nope:x",
    "#",
    "a.!b",
    "\\",
    "a.b\\",
    "..#",
    "#abc",
    '@reverse:"x"',
    "!{",
    '!"',
  ])("%s is fine", (path) => {
    expect(driver.text("reason", path)).toBeNull();
  });
});
