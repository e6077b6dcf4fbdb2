import { beforeAll, describe, expect, it } from "vitest";
import { loadDriver, type Run } from "../bytes/load.js";
import { seeded } from "./random.js";

let run: Run;

beforeAll(async () => {
  run = await loadDriver("test/unit/kit/driver/lenient.ts");
});

const kit = (json: string): string => String(run("kit", [], json));
const asJson = (json: string): string => String(run("json", [], json));

describe("a value of the configuration is read as every type (host.md 2.3)", () => {
  // JSON, as text, as flag, as integer
  const CASES: [json: string, text: string, flag: boolean, integer: string][] = [
    ["true", "true", true, "1"],
    ["false", "false", false, "0"],
    ["null", "", false, "0"],
    ['"true"', "true", true, "0"],
    ['"tRuE"', "tRuE", true, "0"],
    ['"T"', "T", true, "0"],
    ['"t"', "t", true, "0"],
    ['"1"', "1", true, "1"],
    ['"10"', "10", false, "10"],
    ['"truely"', "truely", false, "0"],
    ['""', "", false, "0"],
    ['"-7"', "-7", false, "-7"],
    ['"+7"', "+7", false, "0"],
    ['"7.0"', "7.0", false, "0"],
    ['"1e3"', "1e3", false, "0"],
    ['"0x10"', "0x10", false, "0"],
    ['" 7"', " 7", false, "0"],
    ['"-"', "-", false, "0"],
    ['"000000000000000000000012"', "000000000000000000000012", false, "12"],
    ["0", "0", false, "0"],
    ["-0", "-0", false, "0"],
    ["0e5", "0", false, "0"],
    ["0.000", "0", false, "0"],
    ["-7", "-7", true, "-7"],
    ["7.9", "7.9", true, "7"],
    ["-7.9", "-7.9", true, "-7"],
    ["1.50", "1.5", true, "1"],
    ["1.0", "1", true, "1"],
    ["100.00", "100", true, "100"],
    ["1e3", "1000", true, "1000"],
    ["1E+3", "1000", true, "1000"],
    ["12.50e1", "125", true, "125"],
    ["-12.34e1", "-123.4", true, "-123"],
    ["12e-1", "1.2", true, "1"],
    ["1200e-2", "12", true, "12"],
    ["0.00120", "0.0012", true, "0"],
    ["0.0012e4", "12", true, "12"],
    ["5e-7", "0.0000005", true, "0"],
    ["-5e-1", "-0.5", true, "0"],
    ["1e21", "1000000000000000000000", true, "9223372036854775807"],
    ["-1e21", "-1000000000000000000000", true, "-9223372036854775808"],
    ["9007199254740993", "9007199254740993", true, "9007199254740993"],
    ["1234567890123456789", "1234567890123456789", true, "1234567890123456789"],
    ["9223372036854775807", "9223372036854775807", true, "9223372036854775807"],
    ["9223372036854775808", "9223372036854775808", true, "9223372036854775807"],
    ["-9223372036854775808", "-9223372036854775808", true, "-9223372036854775808"],
    ["1e999", "+Inf", true, "9223372036854775807"],
    ["-1e99999999999999999999", "-Inf", true, "-9223372036854775808"],
    ["1e0000000000000000000003", "1000", true, "1000"],
    ["-0.0", "-0", false, "0"],
    ["[1, 2]", "[1, 2]", false, "0"],
    ["[ true ]", "[ true ]", false, "0"],
    ['{"a": 1}', '{"a": 1}', false, "0"],
  ];

  it.each(CASES)("%s", (json, text, flag, integer) => {
    expect(kit(json)).toBe(`${text}|${flag}|${integer}`);
    expect(asJson(json), "as-json").toBe(`${text}|${flag}|${integer}`);
  });
});

describe("without floats as with them", () => {
  const random = seeded(41);
  const digits = (count: number): string =>
    Array.from({ length: count }, () => "0123456789"[random(10)]).join("");

  /** A JSON number of at most 15 digits. */
  function number(): string {
    const whole = random(3) === 0 ? "0" : String(1 + random(9)) + digits(random(8));
    const fraction = random(2) === 0 ? "" : `.${digits(1 + random(6))}`;
    const sign = ["", "+", "-"][random(3)];
    const exponent =
      random(2) === 0 ? "" : `${"eE"[random(2)]}${sign}${random(random(2) ? 9 : 280)}`;
    return (random(2) === 0 ? "-" : "") + whole + fraction + exponent;
  }

  it("20 000 seeded numbers of up to 15 digits read the same", () => {
    for (let round = 0; round < 20_000; round++) {
      const json = number();
      expect(kit(json), json).toBe(asJson(json));
    }
  });

  it("5000 seeded texts read the same", () => {
    const LETTERS = "0123456789-+.eEtTrRuU ";
    for (let round = 0; round < 5000; round++) {
      const letters = Array.from({ length: random(22) }, () => LETTERS[random(LETTERS.length)]);
      const json = JSON.stringify(letters.join(""));
      expect(kit(json), json).toBe(asJson(json));
    }
  });
});
