import { describe, expect, test } from "vitest";
import { loadDriver } from "./load.js";

const driver = await loadDriver("reader");

describe("every value can be read as every type (host contract 2.3)", () => {
  // type, end seen, as boolean, as number, as integer, length as list
  test.each([
    ["true", "1 complete true 1 1 1"],
    ["false", "1 complete false 0 0 1"],
    ["null", "0 complete false 0 0 0"],
    ["5", "2 complete true 5 5 1"],
    ["0", "2 complete false 0 0 1"],
    ["-0", "2 complete false -0 0 1"],
    ["10.7", "2 complete true 10.7 10 1"],
    ["-10.7", "2 complete true -10.7 -10 1"],
    ["1e3", "2 complete true 1000 1000 1"],
    ["1.50", "2 complete true 1.5 1 1"],
    ["9007199254740993", "2 complete true 9007199254740992 9007199254740993 1"],
    ["9223372036854775807", "2 complete true 9223372036854776000 9223372036854775807 1"],
    ["1e400", "2 complete true +Inf 9223372036854775807 1"],
    ["-1e400", "2 complete true -Inf -9223372036854775808 1"],
    ["99999999999999999999", "2 complete true 100000000000000000000 9223372036854775807 1"],
    ["-99999999999999999999", "2 complete true -100000000000000000000 -9223372036854775808 1"],
    ["1x", "2 complete false 0 0 1"],
    ["nan", "2 complete false 0 0 1"],
    ['"1"', "3 complete true 1 1 1"],
    ['"t"', "3 complete true 0 0 1"],
    ['"T"', "3 complete true 0 0 1"],
    ['"TRUE"', "3 complete true 0 0 1"],
    ['"tru\\u0065"', "3 complete true 0 0 1"],
    ['"yes"', "3 complete false 0 0 1"],
    ['"0"', "3 complete false 0 0 1"],
    ['"10"', "3 complete false 10 10 1"],
    ['"-7"', "3 complete false -7 -7 1"],
    ['"1.5"', "3 complete false 1.5 0 1"],
    ['"1e3"', "3 complete false 1000 0 1"],
    ['" 5"', "3 complete false 0 0 1"],
    ['"5x"', "3 complete false 0 0 1"],
    ['""', "3 complete false 0 0 1"],
    ["[]", "4 complete false 0 0 0"],
    ["[1,[2,3],{}]", "4 complete false 0 0 3"],
    ['{"a":1,"b":2}', "5 complete false 0 0 1"],
  ])("%s", (json, expected) => {
    expect(driver.text("conversions", `{"v":${json}}`, "v")).toBe(expected);
  });

  test("a missing value", () => {
    expect(driver.text("conversions", "{}", "v")).toBe("missing false 0 0 0");
  });
});

describe("the text of a value", () => {
  test.each([
    ['"a\\nb"', "a\nb"],
    ["12", "12"],
    ["-12", "-12"],
    ["007", "007"],
    ["123456789012345678901234567890", "123456789012345678901234567890"],
    ["1.50", "1.5"],
    ["1e3", "1000"],
    ["1E-3", "0.001"],
    ["1e400", "+Inf"],
    ["-1e400", "-Inf"],
    ["1e21", "1000000000000000000000"],
    ["0.1", "0.1"],
    ["0.30000000000000004", "0.30000000000000004"],
    ["100.0", "100"],
    ["-0.0", "-0"],
    ["true", "true"],
    ["null", ""],
    ["[ 1 , 2 ]", "[ 1 , 2 ]"],
    ['{ "a" : 1 }', '{ "a" : 1 }'],
  ])("%s", (json, expected) => {
    expect(driver.text("text", `{"v":${json}}`, "v")).toBe(expected);
  });
});

describe("plain paths", () => {
  const document = '{"a":{"b":[{"c":1},[2]]},"a.b":3,"0":4,"a*":5,"":6,"\\u0061x":7}';
  test.each([
    ["a.b.0.c", "1"],
    ["a.b.00.c", "1"],
    ["a.b.1.0", "2"],
    ["a.b.2", null],
    ["a.b.-1", null],
    ["a.b.99999999999", null],
    ["a\\.b", "3"],
    ["0", "4"],
    ["a\\*", "5"],
    ["ax", "7"],
    ["a.b.c", null],
    ["a.b.0.c.d", null],
    ["A", null],
    ["a*", null],
    ["a.#", null],
    ["@this", null],
    ["a|b", null],
    ["a..b", null],
    ["a.", null],
    ["[a]", null],
    ["a\\", null],
  ])("%s", (path, expected) => {
    expect(driver.text("text", document, path)).toBe(expected);
  });
});

describe("a body that is cut off gives what was found before the cut", () => {
  test.each([
    ['{"a":"x","b":"y', "a", "x"],
    ['{"a":"x","b":"y', "b", null],
    ['{"a":"x","b":12', "b", "12"],
    ['{"a":{"b":"x"', "a.b", "x"],
    ['{"a":{"b":"x"', "a", '{"b":"x"'],
    ['{"a":[1,2', "a.1", "2"],
    ['{"a"', "a", null],
    ['{"a":', "a", null],
    ["{", "a", null],
    ["", "a", null],
  ])("%s: %s", (body, path, expected) => {
    expect(driver.text("text", body, path)).toBe(expected);
  });

  test.each([
    ['{"a":1', "cut"],
    ['{"a":1}', "complete"],
    ['{"a":tru', "cut"],
    ['{"a":"x"', "complete"],
    ['{"a":[1]', "complete"],
    ['{"a":[1', "cut"],
    ['{"a":[1,"]"', "cut"],
    ['{"a":{"b":[]}', "complete"],
  ])("%s: the value is %s", (body, expected) => {
    expect(driver.text("conversions", body, "a")).toContain(` ${expected} `);
  });
});

describe("data of an event stream begins at its first object or array", () => {
  test.each([
    ['data: {"a":1}', "1"],
    ['{"a":1}', "1"],
    [': a comment\nid: 7\ndata: {"a":"x"}\n\n', "x"],
    ['data: true {"a":2}', "2"],
    ['data: [1] {"a":2}', null],
    ["data: [DONE]", null],
    ["data: 5", null],
    ["data:", null],
    ["", null],
    ['data: {"a":1', "1"],
  ])("%j", (data, expected) => {
    expect(driver.text("dataText", data, "a")).toBe(expected);
  });
});

describe("malformed bodies are read as far as they make sense", () => {
  test.each([
    ['{"a":,"b":1}', "b", "1"],
    ['{"a":}', "a", null],
    ['{"a" "b"}', "a", "b"],
    ['{"a":1 "b":2}', "b", "2"],
    ['{,,"a":1}', "a", "1"],
    ['{"a":1,,"b":2}', "b", "2"],
    ['{"a":undefined,"b":2}', "b", "2"],
    ["{'a':1,\"b\":2}", "b", "2"],
    ['{"a":NaN,"b":Infinity,"c":1}', "c", "1"],
    ['{"a":[1}', "a", "[1}"],
    ['{"a":[1},"b":2}', "b", "2"],
  ])("%s: %s", (body, path, expected) => {
    expect(driver.text("text", body, path)).toBe(expected);
  });
});

describe("a key that occurs more than once", () => {
  // how many, text of the one
  test.each([
    ['{"model":"a"}', "1 a"],
    ['{"model":"a","model":"b"}', "2 "],
    ['{"mod\\u0065l":"a"}', "1 a"],
    ['{"mod\\u0065l":"a","model":"b"}', "2 "],
    ['{"Model":"a","model":"b"}', "2 "],
    ['{"MODE\\u004c":"a"}', "1 "],
    ['{"mode\\u006C":"a","mode\\u006":"b","mode\\n":"c","\\u006d":"d"}', "1 a"],
    ['{"model":"a","model":"b","model":"c"}', "2 "],
    ['{"x":{"model":"a"}}', "0 "],
    ['{"model ":"a","models":"b","mode":"c"}', "0 "],
    ["[]", "0 "],
  ])("%s", (body, expected) => {
    expect(driver.text("search", body, "model")).toBe(expected);
  });
});

describe("unescaping the inside of a string", () => {
  test.each([
    ["plain", "plain"],
    ['\\"\\\\\\/\\b\\f\\n\\r\\t', '"\\/\b\f\n\r\t'],
    ["\\u0041\\u00e9\\u20ac", "Aé€"],
    ["\\ud83d\\ude00", "😀"],
    ["\\ud83d", "\ufffd"],
    ["\\ud83dx", "\ufffdx"],
    ["\\ude00\\ud83d", "\ufffd\ufffd"],
    ["\\ud83d\\u0041", "\ufffdA"],
    ["a\\qb", "a"],
    ["a\\u12g4b", "a"],
    ["a\\u12", "a"],
    ["a\\", "a"],
  ])("%s", (inner, expected) => {
    expect(driver.text("unescaped", inner)).toBe(expected);
  });
});

describe("writing a string", () => {
  const everything = Array.from({ length: 0x3000 }, (_, i) => i)
    .filter((code) => code < 0xd800)
    .map((code) => String.fromCharCode(code))
    .join("");

  test("every character up to U+3000 comes back", () => {
    expect(JSON.parse(driver.text("quoted", everything) ?? "")).toBe(everything);
  });

  test("Go's style escapes what Go's encoding/json escapes", () => {
    expect(driver.text("quoted", '\b\f\n\r\t\u0000\u001f\u007f"\\/<>&é😀\u2027\u2028\u2029')).toBe(
      '"\\b\\f\\n\\r\\t\\u0000\\u001f\u007f\\"\\\\/\\u003c\\u003e\\u0026é😀\u2027\\u2028\\u2029"',
    );
  });

  test("the plain style is that of JSON.stringify", () => {
    expect(driver.text("plainEscaped", everything)).toBe(JSON.stringify(everything).slice(1, -1));
  });

  test("what has to be escaped is found at each place among sixteen bytes", () => {
    for (const special of ['"', "\\", "\n", "\u0000", "é", "汉", "😀"]) {
      for (let at = 0; at < 40; at++) {
        const text = "x".repeat(at) + special + "y".repeat(40 - at);
        expect(driver.text("quoted", text)).toBe(JSON.stringify(text));
        expect(driver.text("quoted", text + special)).toBe(JSON.stringify(text + special));
      }
    }
  });

  test("bytes that are not UTF-8 become U+FFFD, one each", () => {
    const broken = Uint8Array.of(0x61, 0xff, 0xc3, 0x62, 0xe2, 0x82);
    expect(driver.text("quoted", broken)).toBe('"a\\ufffd\\ufffdb\\ufffd\\ufffd"');
  });
});
