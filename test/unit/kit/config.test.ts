import { posix } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { loadDriver, type Run } from "../bytes/load.js";
import { seeded } from "./random.js";

let run: Run;

beforeAll(async () => {
  run = await loadDriver("test/unit/kit/driver/config.ts");
});

const random = seeded(7);

const text = (operation: string, ...args: (string | Uint8Array)[]): string | null =>
  run(operation, [], ...args)?.toString() ?? null;

describe("a field is read as leniently as Higress's Go plugins read it", () => {
  // JSON of the field, text, flag, flag with default true, switch, list
  const CASES: [string, string, boolean, boolean, number, string][] = [
    ["true", "true", true, true, 1, "[true]"],
    ["false", "false", false, false, 0, "[false]"],
    ['"true"', "true", true, true, 1, "[true]"],
    ['"TRUE"', "TRUE", true, true, 1, "[TRUE]"],
    ['"T"', "T", true, true, 1, "[T]"],
    ['"1"', "1", true, true, 1, "[1]"],
    ['"0"', "0", false, false, 0, "[0]"],
    ['"yes"', "yes", false, false, 0, "[yes]"],
    ['" true"', " true", false, false, 0, "[ true]"],
    ['""', "", false, false, 0, "[]"],
    ["0", "0", false, false, 0, "[0]"],
    ["1", "1", true, true, 1, "[1]"],
    ["-2", "-2", true, true, 1, "[-2]"],
    ["0.5", "0.5", true, true, 1, "[0.5]"],
    ["1e3", "1000", true, true, 1, "[1000]"],
    ["12345678901234567890", "12345678901234567890", true, true, 1, "[12345678901234567890]"],
    ["null", "", false, false, 0, ""],
    ["[]", "[]", false, false, 0, ""],
    ['["a",1,true,null]', '["a",1,true,null]', false, false, 0, "[a][1][true][]"],
    ['{"a": 1}', '{"a": 1}', false, false, 0, '[{"a": 1}]'],
    ['"\\u00e9\\n"', "é\n", false, false, 0, "[é\n]"],
  ];
  for (const [json, asText, flag, flagOrTrue, state, list] of CASES) {
    it(`${json}`, () => {
      const expected = ["present", asText, flag, flagOrTrue, state, list].join("|");
      expect(text("coerce", `{"f":${json}}`)).toBe(expected);
    });
  }

  it("missing", () => {
    expect(text("coerce", "{}")).toBe("missing|fallback|false|true|-1|");
    expect(text("coerce", "[1]")).toBe("missing|fallback|false|true|-1|");
  });

  it("an integer from a number or text, within its bounds", () => {
    const between = "f: must be between -10 and 1000";
    const cases: [string, string][] = [
      ["{}", "42|"],
      ['{"f":7}', "7|"],
      ['{"f":"7"}', "7|"],
      ['{"f":7.9}', "7|"],
      ['{"f":"abc"}', "0|"],
      ['{"f":null}', "0|"],
      ['{"f":-10}', "-10|"],
      ['{"f":1000}', "1000|"],
      ['{"f":1001}', `42|${between}`],
      ['{"f":-11}', `42|${between}`],
      ['{"f":1e300}', `42|${between}`],
    ];
    for (const [json, expected] of cases) expect(text("integer", json), json).toBe(expected);
  });

  it("empty is missing, null or a list of nothing", () => {
    for (const json of ["{}", '{"f":null}', '{"f":[]}', '{"f":[ ]}'])
      expect(text("emptiness", json), json).toBe("empty");
    for (const json of ['{"f":[null]}', '{"f":""}', '{"f":{}}', '{"f":0}'])
      expect(text("emptiness", json), json).toBe("filled");
  });

  it("one of some words", () => {
    expect(text("choice", "{}")).toBe("-1|");
    expect(text("choice", '{"f":"green"}')).toBe("1|");
    expect(text("choice", '{"f":"Green"}')).toBe("-1|f: must be one of red, green");
    expect(text("choice", '{"f":null}')).toBe("-1|f: must be one of red, green");
  });

  it("and what is wrong is named with its path; the first mistake counts", () => {
    expect(text("nested", '{"a":[{},{"b":{}}]}')).toBe("2|a[1].b.f: is wrong|a[0].f: alone");
  });
});

describe("a point in time", () => {
  it("is any RFC 3339 text, to the second", () => {
    for (let i = 0; i < 3000; i++) {
      // Years 0000 to 9999.
      const seconds = -62_167_219_200 + random(2 ** 31) * 147 + random(86_400);
      const offset = (random(2) ? 1 : -1) * random(24 * 60);
      const local = new Date((seconds + offset * 60) * 1000).toISOString();
      if (!/^\d{4}-/.test(local)) continue;
      const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, "0");
      const minutes = String(Math.abs(offset) % 60).padStart(2, "0");
      const zone = i % 3 ? `${offset < 0 ? "-" : "+"}${hours}:${minutes}` : "Z";
      const fraction = i % 5 ? "" : `.${random(1000)}`;
      const written = `${local.slice(0, 10)}${i % 7 ? "T" : "t"}${local.slice(11, 19)}${fraction}${zone}`;
      const expected = zone === "Z" ? seconds + offset * 60 : seconds;
      expect(text("rfc3339", written), written).toBe(String(expected));
    }
  });

  it("may be a leap second, which is the next one", () => {
    expect(text("rfc3339", "2016-12-31T23:59:60Z")).toBe(String(Date.UTC(2017, 0, 1) / 1000));
  });

  it("exists only on days of the calendar", () => {
    for (let year = 1896; year < 2105; year += 4) {
      for (const y of [year, year + 1]) {
        const exists = new Date(Date.UTC(y, 1, 29)).getUTCMonth() === 1;
        expect(text("rfc3339", `${y}-02-29T00:00:00Z`) !== null, String(y)).toBe(exists);
      }
    }
    for (let month = 0; month < 14; month++) {
      for (let day = 0; day < 34; day++) {
        const written = `2027-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}T00:00:00Z`;
        const date = new Date(Date.UTC(2027, month - 1, day));
        const exists = month > 0 && day > 0 && date.getUTCMonth() === month - 1 && month < 13;
        expect(text("rfc3339", written) !== null, written).toBe(exists);
      }
    }
  });

  it("is nothing that is cut off, changed or longer", () => {
    const whole = "2027-01-02T03:04:05.678+01:30";
    for (let length = 0; length < whole.length; length++) {
      expect(text("rfc3339", whole.slice(0, length)), whole.slice(0, length)).toBeNull();
    }
    const wrong = ["2027-01-02T24:00:00Z", "2027-01-02T03:60:00Z", "2027-01-02T03:04:61Z"];
    wrong.push("2027-01-02T03:04:05", "2027-01-02T03:04:05.Z", "2027-01-02T03:04:05+1:30");
    wrong.push("2027-01-02T03:04:05+24:00", "2027-01-02T03:04:05+01:60", "2027-01-02T03:04:05ZZ");
    wrong.push(
      "2027/01/02T03:04:05Z",
      "+2027-1-02T03:04:05Z",
      "2027-01-02X03:04:05Z",
      " 2027-01-02T03:04:05Z",
    );
    for (const written of wrong) expect(text("rfc3339", written), written).toBeNull();
  });

  it("may be seconds, as number or text, and nothing else", () => {
    expect(text("time", "1800000000")).toBe("1800000000");
    expect(text("time", "1.8e9")).toBe("1800000000");
    expect(text("time", '"1800000000"')).toBe("1800000000");
    expect(text("time", '"2027-01-15T08:00:00Z"')).toBe("1800000000");
    for (const json of ["null", "true", "[]", "{}", '""', '"soon"', '"1.5"']) {
      expect(text("time", json), json).toBeNull();
    }
  });
});

describe("the parameters of a path", () => {
  const pairs = (syntax: number, path: string): string[] =>
    run("query", [syntax], path)!.toString("latin1").split("\n").slice(0, -1);
  const [GO, ENVOY] = [0, 1];

  it("are those of Go's net/url", () => {
    const cases: [string, string[]][] = [
      ["/a", []],
      ["/a?", []],
      ["/a?x", ["x="]],
      ["/a?x=1&y=2", ["x=1", "y=2"]],
      ["/a?&&x=1&", ["x=1"]],
      ["/a?x=a+b%20c", ["x=a b c"]],
      ["/a?x=1;y=2&z=3", ["z=3"]],
      ["/a?x=%zz&y=2&%=1", ["y=2"]],
      ["/a?x=1=2", ["x=1=2"]],
      ["/a?=1", ["=1"]],
      ["/a?x=1#y=2&z", ["x=1"]],
      ["/a#?x=1", []],
      ["/a?x=?y", ["x=?y"]],
      ["?x=1", ["x=1"]],
      ["", []],
    ];
    for (const [path, expected] of cases) expect(pairs(GO, path), path).toEqual(expected);
  });

  it("or Envoy's", () => {
    const cases: [string, string[]][] = [
      ["/a?x=a+b%20c", ["x=a+b c"]],
      ["/a?x=1;y=2&z=3", ["x=1;y=2", "z=3"]],
      ["/a?x=%zz&y=%4", ["x=%zz", "y=%4"]],
      ["/a?x=1#y=2", ["x=1#y=2"]],
    ];
    for (const [path, expected] of cases) expect(pairs(ENVOY, path), path).toEqual(expected);
  });

  it("read like URLSearchParams when nothing is odd", () => {
    for (let i = 0; i < 300; i++) {
      const search = new URLSearchParams();
      for (let n = random(5); n > 0; n--) search.append(`k${random(3)}`, `v &=+%é${random(99)}`);
      const found = run("query", [GO], `/p?${search}`)!.toString().split("\n").slice(0, -1);
      expect(found).toEqual([...search].map(([name, value]) => `${name}=${value}`));
    }
  });

  it("can be cut out, every other byte stays", () => {
    const cases: [string, string, string][] = [
      ["/a?key=1", "/a", "/a"],
      ["/a?key=1&x=2", "/a?x=2", "/a?x=2"],
      ["/a?x=2&key=1", "/a?x=2", "/a?x=2"],
      ["/a?x=%2&key=1&y=+;", "/a?x=%2&y=+;", "/a?x=%2&y=+;"],
      ["/a?k%65y=1&%74oken=2&x", "/a?x", "/a?x"],
      ["/a?key=1#key=2", "/a#key=2", "/a"],
      ["/a?key=1;&x=1", "/a?key=1;&x=1", "/a?x=1"],
      ["/a?&&x=1&&key=2&", "/a?&&x=1&&", "/a?&&x=1&&"],
      ["/a?KEY=1", "/a?KEY=1", "/a?KEY=1"],
      ["/a", "/a", "/a"],
      ["/a?", "/a?", "/a?"],
      ["/a?key", "/a", "/a"],
      ["/key=1", "/key=1", "/key=1"],
    ];
    for (const [path, go, envoy] of cases) {
      expect(run("without", [GO], path, "key", "token")!.toString(), path).toBe(go);
      expect(run("without", [ENVOY], path, "key", "token")!.toString(), path).toBe(envoy);
    }
  });
});

describe("a path for comparing", () => {
  it("has no query, no escapes, no empty and no dot segments", () => {
    const cases: [string, string | null][] = [
      ["/", "/"],
      ["/a/b", "/a/b"],
      ["/a//b///c", "/a/b/c"],
      ["/a/./b/.", "/a/b/"],
      ["/a/../b", "/b"],
      ["/a/..", "/"],
      ["/a/b/..", "/a/"],
      ["/../../a", "/a"],
      ["/a/...", "/a/..."],
      ["/.a/..b", "/.a/..b"],
      ["/a/", "/a/"],
      ["/%61%2fb", "/a/b"],
      ["/a/%2e%2e/b", "/b"],
      ["/model/a%2Fb/invoke", "/model/a/b/invoke"],
      ["/a%2F..%2Fb", null],
      ["/a%2fx/../b", null],
      ["/a%2F/b/./c", null],
      ["/a%20x/../b%2Ec", "/b.c"],
      ["/a\\..\\b", null],
      ["/a%5Cb", null],
      ["/a%5cb", null],
      ["/%252e", "/%2e"],
      ["/a?x=/../b", "/a"],
      ["/a#/../b", "/a"],
      ["/a%3fb", "/a?b"],
      ["", null],
      ["*", null],
      ["a/b", null],
      ["/a%", null],
      ["/a%0g", null],
      ["/a%00", null],
      ["http://a.test/b", null],
    ];
    for (const [path, expected] of cases) expect(text("normalised", path), path).toBe(expected);
  });

  it("is the same when normalised again", () => {
    for (let i = 0; i < 2000; i++) {
      const path = `/${Array.from({ length: random(12) }, () => "/.ab"[random(4)]).join("")}`;
      const once = text("normalised", path)!;
      expect(once, path).toMatch(/^\//);
      expect(once, path).not.toMatch(/\/\/|\/\.\.?(\/|$)/);
      expect(text("normalised", once), path).toBe(once);
      const whole = /\/\.\.?$/.test(path) ? `${path}/` : path;
      expect(once, path).toBe(posix.normalize(whole));
    }
  });

  it("loses its query and fragment only", () => {
    expect(text("path", "/a%20?b")).toBe("/a%20");
    expect(text("path", "/a#b?c")).toBe("/a");
    expect(text("path", "")).toBe("");
  });
});

it("a wildcard stands at the beginning or the end of a name", () => {
  const cases: [string, string, boolean][] = [
    ["a", "a", true],
    ["a", "A", false],
    ["a", "ab", false],
    ["*", "", true],
    ["*", "anything", true],
    ["gpt-*", "gpt-4", true],
    ["gpt-*", "gpt-", true],
    ["gpt-*", "gpt", false],
    ["*-mini", "o4-mini", true],
    ["*-mini", "mini", false],
    ["a*b", "axb", false],
    ["a*b", "a*b", true],
    ["**", "a*", true],
    ["**", "a", false],
    ["", "", true],
    ["", "a", false],
  ];
  for (const [pattern, name, expected] of cases) {
    expect(text("wildcard", pattern, name), `${pattern} ${name}`).toBe(String(expected));
  }
});
