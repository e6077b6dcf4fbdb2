import { beforeAll, describe, expect, it } from "vitest";
import { loadPure, type Run } from "./load.js";
import { seeded } from "./random.js";

let run: Run;

beforeAll(async () => {
  run = await loadPure();
});

type Set = [method: "text" | "integer" | "boolean" | "json", key: string, value: string];

const merge = (stored: string | Uint8Array, ...sets: Set[]): string | null =>
  run("merge", stored, ...sets.flat())?.toString() ?? null;

/** Escapes as the stored form has them; only for texts without `<`, `>` and `&`. */
const stored = (json: string): string => JSON.stringify(json).slice(1, -1);

describe("what a log property becomes", () => {
  it("is an object escaped for the inside of a JSON string", () => {
    expect(merge("", ["text", "cache_status", "hit"])).toBe('{\\"cache_status\\":\\"hit\\"}');
  });

  it("is an empty object when there is nothing to say", () => {
    expect(merge("")).toBe("{}");
  });

  it("has its keys in byte order, wherever they come from", () => {
    const before = stored('{"model":"m","api":"-","token":1}');
    const after = merge(
      before,
      ["integer", "z", "1"],
      ["integer", "b", "2"],
      ["integer", "Z", "3"],
    );
    expect(after).toBe(stored('{"Z":3,"api":"-","b":2,"model":"m","token":1,"z":1}'));
  });

  it("takes the new value of a key that was there", () => {
    expect(merge(stored('{"a":1,"b":2}'), ["text", "a", "new"])).toBe(stored('{"a":"new","b":2}'));
  });

  it("takes the last value that a plugin set", () => {
    expect(merge("", ["text", "a", "x"], ["integer", "a", "5"])).toBe(stored('{"a":5}'));
  });

  it("escapes what HTML and line-based readers stumble over, twice", () => {
    expect(merge("", ["text", "k", '<a&b>\u2028\u2029"\\\n\u0001'])).toBe(
      '{\\"k\\":\\"\\\\u003ca\\\\u0026b\\\\u003e\\\\u2028\\\\u2029\\\\\\"\\\\\\\\\\\\n\\\\u0001\\"}',
    );
  });

  it("keeps other letters as they are and replaces bytes that are not UTF-8", () => {
    expect(merge("", ["text", "ключ", "你好"])).toBe(stored('{"ключ":"你好"}'));
    const broken = run("merge", "", "text", "k", Uint8Array.of(0x61, 0xff, 0x62))?.toString();
    expect(broken).toBe('{\\"k\\":\\"a\\\\ufffdb\\"}');
  });

  it("passes the numbers of other plugins through a double", () => {
    const before = stored('{"a":9007199254740993,"b":1.50,"c":1e3,"d":1e21,"e":-0.0000001}');
    expect(merge(before)).toBe(
      stored('{"a":9007199254740992,"b":1.5,"c":1000,"d":1e+21,"e":-1e-7}'),
    );
  });

  it("writes its own integers in full", () => {
    expect(merge("", ["integer", "n", "900719925474099301"])).toBe(
      stored('{"n":900719925474099301}'),
    );
  });

  it("sorts objects inside values too, the last of equal keys wins", () => {
    const before = stored('{ "o" : {"z":[1, {"b":1,"a":2}],"a":null,"z":true} , "o2":{} }');
    expect(merge(before)).toBe(stored('{"o":{"a":null,"z":true},"o2":{}}'));
  });

  it("holds JSON values as they are, normalised", () => {
    const after = merge("", ["json", "details", '{"b": 1.0, "a": [true, null, "x"]}']);
    expect(after).toBe(stored('{"details":{"a":[true,null,"x"],"b":1}}'));
  });

  it("is what the next plugin can read: a second merge changes nothing else", () => {
    const once = merge("", ["text", "q", 'a "quoted" <b>\\'], ["boolean", "ok", "true"])!;
    expect(merge(once)).toBe(once);
    expect(JSON.parse(JSON.parse(`"${once}"`) as string)).toEqual({
      q: 'a "quoted" <b>\\',
      ok: true,
    });
  });
});

describe("a stream that writes twice", () => {
  const a: Set = ["text", "a", "first"];
  const b: Set = ["text", "b", "second"];
  const mergeTwice = (between: string, ...sets: Set[]): string | undefined =>
    run("mergeTwice", between, ...sets.flat())?.toString();

  it("adds to what it has written", () => {
    expect(mergeTwice("", b, a)).toBe(stored('{"a":"first","b":"second"}'));
    expect(mergeTwice("", a, ["integer", "a", "2"])).toBe(stored('{"a":2}'));
  });

  it("keeps what others have written in between", () => {
    const theirs = stored('{"a":"first","c":"theirs"}');
    expect(mergeTwice(theirs, a, b)).toBe(stored('{"a":"first","b":"second","c":"theirs"}'));
    // As many bytes as it wrote itself.
    expect(mergeTwice(stored('{"a":"FIRST"}'), a, b)).toBe(stored('{"a":"first","b":"second"}'));
    expect(mergeTwice(stored('{"z":"first"}'), a, b)).toBe(
      stored('{"a":"first","b":"second","z":"first"}'),
    );
  });

  it("reads again what is too long to remember", () => {
    const long = "x".repeat(5000);
    expect(mergeTwice("", ["text", "a", long], b)).toBe(stored(`{"a":"${long}","b":"second"}`));
  });
});

describe("a property that cannot be read is left alone", () => {
  it.each([
    ["text that was never escaped", '{"a":1}'],
    ["no JSON", "hello"],
    ["cut-off JSON", stored('{"a":1')],
    ["an array", "[1]"],
    ["a string", '\\"a\\"'],
    ["null", "null"],
    ["an escape that is none", "{\\x}"],
    ["a line break", "{\n}"],
    ["a number that no double holds", stored('{"a":1e999}')],
    ["an object deeper than 512", stored('{"a":'.repeat(600) + "1" + "}".repeat(600))],
  ])("%s", (_name, before) => {
    expect(merge(before, ["text", "k", "v"])).toBeNull();
  });
});

describe("attributes", () => {
  it("refuse text as JSON that is none", () => {
    for (const json of ["", "{", "{'a':1}", "1e999", "[1,]"]) {
      expect(run("tags", "", "json", "k", json)?.toString()).toBe("not JSON ");
    }
  });

  it("read as span tags as Go prints them", () => {
    const sets: Set[] = [
      ["text", "t", 'a "b"'],
      ["integer", "n", "12"],
      ["boolean", "f", "false"],
      ["json", "j", '{"b":1,"a":"x"}'],
    ];
    expect(run("tags", "", ...sets.flat())?.toString()).toBe(
      't=a "b"\nn=12\nf=false\nj=map[a:x b:1]\n',
    );
  });
});

describe("a JSON value as Go prints it", () => {
  const printed = (json: string): string =>
    run("tags", "", "json", "k", json)!.toString().slice("k=".length, -1);

  it.each([
    ["null", "<nil>"],
    ["true", "true"],
    ['"a \\"b\\" é"', 'a "b" é'],
    ['""', ""],
    ["[]", "[]"],
    ["{}", "map[]"],
    ["[[],{}]", "[[] map[]]"],
    ['[1,"a b",null,false]', "[1 a b <nil> false]"],
    ['[{"role":"user","content":"hi"}]', "[map[content:hi role:user]]"],
    ['{"b":{"d":1,"c":[2]},"a":1,"b":3}', "map[a:1 b:3]"],
    ["0", "0"],
    ["-0", "-0"],
    ["1.0", "1"],
    ["1.50", "1.5"],
    ["100000", "100000"],
    ["999999.5", "999999.5"],
    ["1000000", "1e+06"],
    ["-1234567", "-1.234567e+06"],
    ["123456789.25", "1.2345678925e+08"],
    ["1e21", "1e+21"],
    ["1e100", "1e+100"],
    ["0.0001", "0.0001"],
    ["0.00001", "1e-05"],
    ["-0.0000125", "-1.25e-05"],
    ["9007199254740993", "9.007199254740992e+15"],
  ])("%s", (json, expected) => {
    expect(printed(json)).toBe(expected);
  });

  /** The same in JavaScript, of a parsed value. */
  function model(value: unknown): string {
    if (value === null) return "<nil>";
    if (Array.isArray(value)) return `[${value.map(model).join(" ")}]`;
    if (typeof value === "object") {
      const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
      return `map[${members.map(([key, member]) => `${key}:${model(member)}`).join(" ")}]`;
    }
    if (
      typeof value !== "number" ||
      (value !== 0 && Math.abs(value) < 1e6 && Math.abs(value) >= 1e-4)
    )
      return String(value);
    if (value === 0) return Object.is(value, -0) ? "-0" : "0";
    return value.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
  }

  it("agrees with a model in JavaScript on 3000 seeded values", () => {
    const random = seeded(7);
    const scalars: (() => unknown)[] = [
      () => null,
      () => random(2) === 0,
      () => "sü ß<&".slice(random(4)),
      () => random(2_000_000) - 1_000_000,
      () => (random(2_000_000) - 1_000_000) * 10 ** (random(60) - 30),
      () => random(1000) / 8,
    ];
    const any = (depth: number): unknown => {
      if (depth === 0 || random(3) > 0) return scalars[random(scalars.length)]!();
      const values = Array.from({ length: random(4) }, () => any(depth - 1));
      if (random(2) === 0) return values;
      return Object.fromEntries(values.map((value, i) => [`k${(i * 7) % 4}`, value]));
    };
    for (let i = 0; i < 3000; i++) {
      const value = any(4);
      const json = JSON.stringify(value);
      expect(printed(json), json).toBe(model(JSON.parse(json)));
    }
  });

  it("has a bottom: deeper than 512 is refused, 512 is not", () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(printed(nested(512))).toBe(nested(512));
    expect(run("tags", "", "json", "k", nested(513))?.toString()).toBe("not JSON ");
  });
});

it("never traps on a damaged property: 5000 seeded mutations", () => {
  const random = seeded(42);
  const whole = Buffer.from(stored('{"a":[1,{"b":"\\u003c\\\\"}],"c":-1.5e-7,"d":{"e":null}}'));
  for (let round = 0; round < 5000; round++) {
    const bytes = Buffer.from(whole);
    for (let edits = 1 + random(3); edits > 0; edits--) bytes[random(bytes.length)] = random(256);
    const after = merge(bytes, ["text", "k", "v"]);
    if (after !== null)
      expect(JSON.parse(JSON.parse(`"${after}"`) as string)).toHaveProperty("k", "v");
  }
});
