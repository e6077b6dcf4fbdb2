import { describe, expect, test } from "vitest";
import { loadDriver } from "./load.js";

const driver = await loadDriver("edit");

describe("setting a value leaves all other bytes as they are", () => {
  test.each([
    ['{ "model" : "a" , "n":1.50 }', "model", '"b"', '{ "model" : "b" , "n":1.50 }'],
    ['{"a":{"b":[1, 2]}}', "a.b.1", "[]", '{"a":{"b":[1, []]}}'],
    ['{"mod\\u0065l":"a"}', "model", "1", '{"mod\\u0065l":1}'],
    ['{"model":"a","x":1,"model":"b"}', "model", "2", '{"model":2,"x":1,"model":2}'],
    ['{"a":{"b":1},"a":{"b":2}}', "a.b", "3", '{"a":{"b":3},"a":{"b":3}}'],
    ['{"a":{"b":1},"a":{}}', "a.b", "3", '{"a":{"b":3},"a":{"b":3}}'],
    ["{}", "a", "1", '{"a":1}'],
    [" { } ", "a", "1", ' {"a":1 } '],
    ['{"x":1 }', "a", "1", '{"x":1,"a":1 }'],
    ['{"x":1}', "a.b.c", "1", '{"x":1,"a":{"b":{"c":1}}}'],
    ['{"x":1}', "a.0.c", "1", '{"x":1,"a":[{"c":1}]}'],
    ['{"x":1}', "a\\.b", "1", '{"x":1,"a.b":1}'],
    ['{"x":1}', 'a"', "1", '{"x":1,"a\\"":1}'],
    ["[]", "0", "1", "[1]"],
    ["[1]", "1", "2", "[1,2]"],
    ["[1,2]", "0", "{}", "[{},2]"],
    ['{"a":[{"b":1},{"c":2},3]}', "a.#.b", "0", '{"a":[{"b":0},{"c":2,"b":0},3]}'],
    ['{"a":"}{\\"]["}', "b", "1", '{"a":"}{\\"]["," b":1}'.replace(" b", "b")],
    ['{"a":null}', "a", "1", '{"a":1}'],
  ])("%s: %s = %s", (document, path, json, expected) => {
    expect(driver.text("set", document, path, json)).toBe(expected);
  });

  test.each([
    ["a scalar in the way", '{"a":1}', "a.b"],
    ["an index out of range", "[1]", "2"],
    ["a key in an array", "[1]", "a"],
    ["a root that is a scalar", "1", "a"],
    ["an empty document", "", "a"],
    ["a document that is cut off", '{"a":1', "b"],
    ["every element of a missing array", "{}", "a.#.b"],
    ["a missing array with a gap", "{}", "a.1"],
  ])("null says nothing was changed: %s", (_name, document, path) => {
    expect(driver.text("set", document, path, "1")).toBeNull();
  });

  test.each([
    ["plain<>&", '"plain<>&"'],
    ["é", '"é"'],
    ["é<", '"é\\u003c"'],
    ['"', '"\\""'],
    ["a\nb", '"a\\nb"'],
    ["\u2028", '"\\u2028"'],
    ["", '""'],
  ])("strings are written as sjson writes them: %j", (text, json) => {
    expect(driver.text("setText", '{"a":0}', "a", text)).toBe(`{"a":${json}}`);
  });
});

describe("removing a value takes one comma with it", () => {
  test.each([
    ['{"a":1}', "a", "{}"],
    ['{ "a" : 1 , "b" : 2 }', "a", '{ "b" : 2 }'],
    ['{ "a" : 1 , "b" : 2 }', "b", '{ "a" : 1 }'],
    ['{"a":1,"b":2,"c":3}', "b", '{"a":1,"c":3}'],
    ['{"a":1,"b":2,"a":3}', "a", '{"b":2}'],
    ['{"b":2,"a":1,"a":3}', "a", '{"b":2}'],
    ['{"a":1,"a":3}', "a", "{}"],
    ['{"\\u0061":1,"b":2}', "a", '{"b":2}'],
    ["[1,2,3]", "0", "[2,3]"],
    ["[1,2,3]", "2", "[1,2]"],
    ["[1,2,3]", "#", "[]"],
    ['{"m":[{"a":1,"r":2},{"r":3},{"a":4}]}', "m.#.r", '{"m":[{"a":1},{},{"a":4}]}'],
    ['{"x":{"y":{"z":1}}}', "x.y", '{"x":{}}'],
  ])("%s without %s", (document, path, expected) => {
    expect(driver.text("remove", document, path)).toBe(expected);
  });

  test.each([
    ["{}", "a"],
    ["[]", "0"],
    ['{"a":1}', "a.b"],
    ["1", "a"],
    ["", "a"],
  ])("null says there was nothing: %s, %s", (document, path) => {
    expect(driver.text("remove", document, path)).toBeNull();
  });
});

test("three megabytes around an edited value stay the same", () => {
  const filler = JSON.stringify('é"\\[{'.repeat(300_000));
  const document = `{"a":${filler},"model":"old","b":${filler}}`;
  expect(driver.text("setText", document, "model", "new")).toBe(document.replace('"old"', '"new"'));
});
