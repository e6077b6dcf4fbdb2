import { describe, expect, test } from "vitest";
import { loadDriver } from "./load.js";

const driver = await loadDriver("reader");

/** A text given as bytes, for what no string can hold. */
function bytesOf(...parts: (string | number)[]): Uint8Array {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === "number" ? [part] : [...Buffer.from(part)])),
  );
}

const VALID: [name: string, text: string | Uint8Array][] = [
  ["an empty object", "{}"],
  ["an empty array", "[]"],
  ["a lone number", "0"],
  ["a lone string", '"x"'],
  ["a lone true", "true"],
  ["a lone false", "false"],
  ["a lone null", "null"],
  ["blanks of all four kinds", " \t\r\n[ \t\r\n1 \t\r\n, \t\r\n2 \t\r\n] \t\r\n"],
  ["blanks inside an object", ' { "a" : 1 , "b" : 2 } '],
  ["blanks in empty containers", "[ { \n} , [ \t] ]"],
  ["an empty key", '{"":0}'],
  ["a repeated key", '{"a":1,"a":2}'],
  ["an escaped key", '{"\\u0061":1}'],
  ["minus zero", "-0"],
  ["a fraction", "[0.5,-0.5,10.25]"],
  ["an exponent", "[1e5,1E5,1e+5,1e-5,1.5e10,-0e0]"],
  ["a number too large for a double", "1e400"],
  ["a number too small for a double", "1e-400"],
  ["an integer of 40 digits", "1234567890123456789012345678901234567890"],
  ["an exponent with leading zeros", "1e0001"],
  ["a number followed by a blank", "1 "],
  ["all short escapes", '"\\"\\\\\\/\\b\\f\\n\\r\\t"'],
  ["a unicode escape in both cases", '"\\u00e9\\u00E9"'],
  ["an escaped surrogate pair", '"\\ud83d\\ude00"'],
  ["an escaped lone high surrogate", '"\\ud83d"'],
  ["an escaped lone low surrogate", '"\\ude00"'],
  ["an escaped zero", '"\\u0000"'],
  ["a delete character", '"\u007f"'],
  ["two-byte characters", '"é"'],
  ["three-byte characters", '"€"'],
  ["four-byte characters", '"😀"'],
  ["U+2028 and U+2029", '"\u2028\u2029"'],
  ["the last code point", '"\u{10ffff}"'],
  ["noncharacters", '"\uffff\ufdd0"'],
  ["a byte order mark inside a string", '"\ufeff"'],
  ["a string of exactly 16 bytes", '"0123456789abcdef"'],
  ["a string of 17 bytes", '"0123456789abcdef0"'],
  ["an escape across a 16-byte border", '"0123456789abcde\\n0123456789"'],
  ["an escaped quote at a border", '"0123456789abcd\\"0123456789abcdef"'],
  ["many backslashes", `"${"\\\\".repeat(33)}"`],
  ["nested mixed containers", '[{"a":[{"b":[{}]}]}]'],
  ["a slash, not escaped", '"/"'],
  ["brackets inside strings", '["[","{","]","}",",",":"]'],
  ["512 nested arrays", "[".repeat(512) + "]".repeat(512)],
  ["512 nested objects", '{"a":'.repeat(511) + "{}" + "}".repeat(511)],
  ["a long array", `[${"1,".repeat(5000)}1]`],
];

const INVALID: [name: string, text: string | Uint8Array][] = [
  ["nothing", ""],
  ["only blanks", " \n"],
  ["a byte order mark", "\ufeff{}"],
  ["two values", "1 2"],
  ["two objects", "{}{}"],
  ["text behind an object", "{}x"],
  ["text behind an array", "[]]"],
  ["a comma behind a value", "1,"],
  ["a comment", "[1] // x"],
  ["a block comment", "/* x */ 1"],
  ["a NUL behind a value", "1\u0000"],
  ["a form feed between tokens", "[\f1]"],
  ["a vertical tab between tokens", "[\v1]"],
  ["a no-break space between tokens", "[\u00a01]"],
  ["an open array", "["],
  ["an open object", "{"],
  ["an array without its end", "[1,2"],
  ["an object without its end", '{"a":1'],
  ["a closing bracket alone", "]"],
  ["a closing brace alone", "}"],
  ["an array closed by a brace", "[1}"],
  ["an object closed by a bracket", '{"a":1]'],
  ["an empty array closed by a brace", "[}"],
  ["an empty object closed by a bracket", "{]"],
  ["an inner array closed by a brace", '{"a":[}'],
  ["an inner object closed by a bracket", "[{]"],
  ["a trailing comma in an array", "[1,]"],
  ["a trailing comma in an object", '{"a":1,}'],
  ["a leading comma", "[,1]"],
  ["a leading comma in an object", '{,"a":1}'],
  ["two commas", "[1,,2]"],
  ["only a comma", "[,]"],
  ["a missing comma", "[1 2]"],
  ["a missing comma between strings", '["a" "b"]'],
  ["a missing comma between members", '{"a":1 "b":2}'],
  ["a missing colon", '{"a" 1}'],
  ["two colons", '{"a"::1}'],
  ["a comma for a colon", '{"a",1}'],
  ["a colon in an array", '["a":1]'],
  ["a missing value", '{"a":}'],
  ["a missing value at the end", '{"a":'],
  ["a missing colon at the end", '{"a"'],
  ["a missing key", "{:1}"],
  ["a bare key", "{a:1}"],
  ["a key in single quotes", "{'a':1}"],
  ["a number as key", "{1:1}"],
  ["null as key", "{null:1}"],
  ["an object as key", "{{}:1}"],
  ["a value without a key", "{1}"],
  ["a string without a value", '{"a"}'],
  ["an empty member", '{"a":1,,"b":2}'],
  ["a single quote", "'a'"],
  ["an open string", '"a'],
  ["only a quote", '"'],
  ["a string that ends in a backslash", '"a\\'],
  ["a string whose last quote is escaped", '"a\\"'],
  ["an open key", '{"a'],
  ["an unknown escape", '"\\x41"'],
  ["an escaped single quote", '"\\\'"'],
  ["an escape with a capital letter", '"\\N"'],
  ["an escaped line feed", '"\\\n"'],
  ["a short unicode escape", '"\\u12"'],
  ["a unicode escape cut off", '"\\u12'],
  ["a unicode escape without digits", '"\\u"'],
  ["a unicode escape with a bad digit", '"\\u00g0"'],
  ["a unicode escape with a sign", '"\\u+041"'],
  ["a unicode escape with a capital U", '"\\U0041"'],
  ["a second surrogate cut off", '"\\ud83d\\u"'],
  ["a raw line feed in a string", '"a\nb"'],
  ["a raw tab in a string", '"a\tb"'],
  ["a raw NUL in a string", '"a\u0000b"'],
  ["a raw control character behind 16 bytes", '"0123456789abcdef\u001f"'],
  ["a raw control character in a key", '{"a\u0001":1}'],
  ["a plus sign", "+1"],
  ["only a minus sign", "-"],
  ["two minus signs", "--1"],
  ["a blank behind a minus sign", "- 1"],
  ["a leading zero", "01"],
  ["a leading zero behind a minus sign", "-01"],
  ["two zeros", "00"],
  ["a leading point", ".5"],
  ["a point behind a minus sign", "-.5"],
  ["a point at the end", "1."],
  ["a point before an exponent", "1.e5"],
  ["two points", "1.2.3"],
  ["only an exponent", "e5"],
  ["an exponent without digits", "1e"],
  ["an exponent with only a sign", "1e+"],
  ["an exponent with two signs", "1e+-1"],
  ["a fraction in an exponent", "1e5.5"],
  ["two exponents", "1e5e5"],
  ["hexadecimal", "0x10"],
  ["a letter behind a number", "1a"],
  ["a separator in a number", "1_000"],
  ["NaN", "NaN"],
  ["nan", "nan"],
  ["Infinity", "Infinity"],
  ["minus Infinity", "-Infinity"],
  ["inf", "inf"],
  ["full-width digits", "\uff11"],
  ["True", "True"],
  ["TRUE", "TRUE"],
  ["tru", "tru"],
  ["truex", "truex"],
  ["truth", "truth"],
  ["fals", "fals"],
  ["falsey", "falsey"],
  ["nul", "nul"],
  ["nulll", "nulll"],
  ["None", "None"],
  ["undefined", "undefined"],
  ["a word in an array", "[a]"],
  ["a star", "[*]"],
  ["an ampersand", "&"],
  ["a backslash between tokens", "[\\u0031]"],
  ["513 nested arrays", "[".repeat(513) + "]".repeat(513)],
  ["100000 open arrays", "[".repeat(100_000)],
  ["100000 open objects", '{"a":'.repeat(100_000)],
  ["a lone continuation byte", bytesOf('"', 0x80, '"')],
  ["a cut two-byte character", bytesOf('"', 0xc3, '"')],
  ["a cut three-byte character", bytesOf('"', 0xe2, 0x82, '"')],
  ["a cut four-byte character", bytesOf('"', 0xf0, 0x9f, 0x98, '"')],
  ["an overlong slash", bytesOf('"', 0xc0, 0xaf, '"')],
  ["an overlong three-byte form", bytesOf('"', 0xe0, 0x80, 0xaf, '"')],
  ["an overlong four-byte form", bytesOf('"', 0xf0, 0x80, 0x80, 0xaf, '"')],
  ["a surrogate in UTF-8", bytesOf('"', 0xed, 0xa0, 0x80, '"')],
  ["a code point above U+10FFFF", bytesOf('"', 0xf4, 0x90, 0x80, 0x80, '"')],
  ["the byte 0xff", bytesOf('"', 0xff, '"')],
  ["the byte 0xfe", bytesOf('"', 0xfe, '"')],
  ["a five-byte form", bytesOf('"', 0xf8, 0x88, 0x80, 0x80, 0x80, '"')],
  ["Latin-1", bytesOf('{"a":"caf', 0xe9, '"}')],
  ["a bad byte behind 16 good ones", bytesOf('"0123456789abcdef', 0xff, '"')],
  ["UTF-16", bytesOf(0xff, 0xfe, "1", 0)],
];

describe("a strict document is accepted:", () => {
  test.each(VALID)("%s", (_name, text) => {
    expect(driver.text("parse", text)).toBe(Buffer.from(text).toString().trim());
    expect(driver.text("isValid", text)).toBe("true");
  });
});

describe("a strict document is refused:", () => {
  test.each(INVALID)("%s", (_name, text) => {
    expect(driver.bytes("parse", text)).toBeNull();
  });
});

describe("the check for bodies", () => {
  test.each(INVALID.filter(([, text]) => typeof text === "string"))(
    "agrees with JSON.parse on %s",
    (_name, text) => {
      let accepted = true;
      try {
        JSON.parse(text as string);
      } catch {
        accepted = false;
      }
      // Go's limit is 10000 levels; JavaScript has none that these cases reach.
      expect(driver.text("isValid", text)).toBe(String(accepted));
    },
  );

  test("lets bytes that are not UTF-8 pass inside strings, as Go does", () => {
    expect(driver.text("isValid", bytesOf('"', 0xff, 0x80, '"'))).toBe("true");
    expect(driver.text("isUtf8", bytesOf('"', 0xff, 0x80, '"'))).toBe("false");
  });

  test.each([
    [10_000, "true"],
    [10_001, "false"],
  ])("counts %i levels: %s", (depth, valid) => {
    expect(driver.text("isValid", "[".repeat(depth) + "]".repeat(depth))).toBe(valid);
    const objects = '{"a":'.repeat(depth - 1) + "{}" + "}".repeat(depth - 1);
    expect(driver.text("isValid", objects)).toBe(valid);
  });

  test("finds a wrong bracket at every depth", () => {
    for (let depth = 1; depth < 200; depth++) {
      const open = Array.from({ length: depth }, (_, i) => (i % 3 === 0 ? '{"a":' : "[")).join("");
      const close = Array.from({ length: depth }, (_, i) => (i % 3 === 0 ? "}" : "]")).reverse();
      expect(driver.text("isValid", `${open}1${close.join("")}`)).toBe("true");
      close[depth >> 1] = close[depth >> 1] === "}" ? "]" : "}";
      expect(driver.text("isValid", `${open}1${close.join("")}`)).toBe("false");
    }
  });
});

describe("members of the root are found on the way", () => {
  test.each<[name: string, text: string, members: string | null]>([
    ["one", '{"model":"m","x":{"model":1}}', '"m"\n'],
    [
      "several, in their order",
      ' { "model" : 1 , "model" : [ 2 ] , "model":{"model":3} } ',
      '1\n[ 2 ]\n{"model":3}\n',
    ],
    ["behind long strings", `{"x":"${"a".repeat(1000)}","model":null}`, "null\n"],
    ["with an escape in the key", '{"mod\\u0065l":true}', "true\n"],
    ["not in capitals, nor longer, nor shorter", '{"Model":1,"models":2,"mode":3}', ""],
    ["not in an array", '[{"model":1}]', ""],
    ["not in a scalar", '"model"', ""],
    ["not in what is cut off", '{"model":"m"', null],
    ["not without a value", '{"model":}', null],
    ["not without a colon", '{"model" "m"}', null],
    ["not before what is wrong", '{"model":"m"} x', null],
  ])("%s", (_name, text, members) => {
    expect(driver.text("members", text, "model")).toBe(members);
  });
});

test("a quote, a backslash or a control character is seen wherever a string has it", () => {
  for (let length = 0; length < 100; length++) {
    const before = "a".repeat(length);
    expect(driver.text("isValid", `["${before}","b"]`)).toBe("true");
    expect(driver.text("isValid", `["${before}\\n"]`)).toBe("true");
    expect(driver.text("isValid", `["${before}\\x"]`)).toBe("false");
    expect(driver.text("isValid", `["${before}\u001f${"b".repeat(64)}"]`)).toBe("false");
    expect(driver.text("isValid", `["${before} é\u007f"]`)).toBe("true");
  }
});
