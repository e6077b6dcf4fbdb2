import { describe, expect, test } from "vitest";
import { loadDriver } from "./load.js";
import { JsonRandom } from "./random.js";

const driver = await loadDriver("numbers");

function parse(texts: string[]): number[] {
  const bytes = driver.bytes("parse", texts.join("\n")) ?? new Uint8Array();
  return [...new Float64Array(bytes.slice().buffer)];
}

function format(numbers: number[], operation = "format"): string {
  return driver.text(operation, new Uint8Array(Float64Array.from(numbers).buffer)) ?? "";
}

/** A positive decimal without exponent, from JavaScript's shortest form. */
function plain(value: number): string {
  const [mantissa = "", exponent = "0"] = Math.abs(value).toString().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const point = whole.length + Number(exponent);
  const digits = (whole + fraction).padEnd(point, "0");
  const padded = point <= 0 ? "0".repeat(1 - point) + digits : digits;
  const at = Math.max(1, point);
  const text = padded.slice(0, at) + (padded.length > at ? `.${padded.slice(at)}` : "");
  return (Object.is(value, -0) || value < 0 ? "-" : "") + text;
}

const HARD = [
  "0",
  "-0",
  "0.1",
  "1e23",
  "9007199254740993",
  "9007199254740992.5",
  "5e-324",
  "2.4703282292062327e-324",
  "2.4703282292062328e-324",
  "2.2250738585072014e-308",
  "2.2250738585072011e-308",
  "1.7976931348623157e308",
  "1.7976931348623158e308",
  "1.7976931348623159e308",
  "1e308",
  "1e309",
  "-1e309",
  "1e-400",
  "1e99999999999",
  "1e-99999999999",
  "0e999999",
  "123456789012345678901234567890",
  "0.000000000000000000000000000001",
  "100000000000000000000000",
  "1.00000000000000011102230246251565404236316680908203125",
  "1.00000000000000011102230246251565404236316680908203124",
  "1.00000000000000011102230246251565404236316680908203126",
  "8.5e22",
  "1e22",
  "1e-22",
  "123e20",
  "4503599627370496.5",
  "4503599627370497.5",
  "6.9e-310",
  ".5",
  "5.",
  "+7",
  `1${"0".repeat(400)}`,
  `0.${"0".repeat(400)}1`,
  `0.${"0".repeat(300)}${"123456789".repeat(100)}`,
  `${"9".repeat(1000)}e-990`,
  `1.${"0".repeat(900)}1`,
  "00012.5",
  "1E+2",
];

describe("parsing", () => {
  test("hard cases agree with JavaScript to the last bit", () => {
    const wanted = HARD.map(Number);
    parse(HARD).forEach((value, i) => expect([HARD[i], value]).toEqual([HARD[i], wanted[i]]));
  });

  test(
    "100000 random doubles in several notations agree with JavaScript",
    { timeout: 300_000 },
    () => {
      const random = new JsonRandom(11);
      const texts: string[] = [];
      for (let i = 0; i < 25_000; i++) {
        const value = random.double();
        const digits = random.below(0x1_0000_0000).toString() + random.below(0x1_0000_0000);
        texts.push(String(value), value.toExponential(20), value.toPrecision(1 + random.below(17)));
        texts.push(`${digits.slice(0, 1 + random.below(19))}e${random.below(640) - 330}`);
      }
      expect(parse(texts)).toEqual(texts.map(Number));
    },
  );

  test.each([
    "",
    "-",
    "+",
    ".",
    "e5",
    "1e",
    "1e+",
    "1x",
    "0x10",
    "1 ",
    " 1",
    "1.2.3",
    "--1",
    "in",
    "infi",
    "nanx",
  ])("%j is not a number", (text) => {
    expect(parse([text, "1"].slice(text === "" ? 2 : 0)).slice(0, 1)).toEqual(
      text === "" ? [] : [NaN],
    );
  });

  test("Go's words for infinity", () => {
    expect(parse(["inf", "-Inf", "+INFINITY", "infinity"])).toEqual([
      Infinity,
      -Infinity,
      Infinity,
      Infinity,
    ]);
  });
});

describe("formatting", () => {
  test(
    "the shortest digits, for 20000 random doubles and the hard cases",
    { timeout: 300_000 },
    () => {
      const random = new JsonRandom(5);
      const numbers = [
        ...HARD.map(Number),
        ...Array.from({ length: 20_000 }, () => random.double()),
      ];
      const finite = numbers.filter(Number.isFinite);
      expect(format(finite).trimEnd().split("\n")).toEqual(finite.map(plain));
    },
  );

  test("powers of two and their neighbours", () => {
    const numbers: number[] = [];
    for (let exponent = -1074; exponent < 1024; exponent += 3) {
      const value = 2 ** exponent;
      numbers.push(value, value * (1 + 2 ** -52), value * (1 - 2 ** -53));
    }
    expect(format(numbers).trimEnd().split("\n")).toEqual(numbers.map(plain));
  });

  test("what is no number has Go's words", () => {
    expect(format([Infinity, -Infinity, NaN])).toBe("+Inf\n-Inf\nNaN\n");
  });

  test("JSON numbers change notation where Go's do", () => {
    const numbers = [
      0,
      -0,
      1.5,
      1e20,
      1e21,
      1.25e21,
      -1e22,
      1e-6,
      9e-7,
      1e-7,
      1.5e-9,
      5e-324,
      NaN,
      -Infinity,
    ];
    expect(format(numbers, "formatJson")).toBe(
      "[0,-0,1.5,100000000000000000000,1e+21,1.25e+21,-1e+22,0.000001,9e-7,1e-7,1.5e-9,5e-324,null,null]",
    );
  });
});

test("the writer places commas and colons by itself", () => {
  const json = driver.text("document", 'a"<é', '{"r":[1]}') ?? "";
  expect(json).toBe(
    '{"text":"a\\"\\u003cé","string":"a\\"b","a\\"\\u003cé":-9223372036854775808,"list":[true,false,null,{"r":[1]},{},[],-1],"last":0.5}',
  );
  expect(() => JSON.parse(json) as unknown).not.toThrow();
});
