import { beforeAll, describe, expect, it } from "vitest";
import { seeded } from "../kit/random.js";
import { loadDriver, type Run } from "./load.js";

let run: Run;

beforeAll(async () => {
  run = await loadDriver("test/unit/bytes/driver/bytes.ts");
});

const random = seeded(20_260_101);
const EDGES = [0, 1, 2, 3, 7, 8, 9, 100, -1, -2, 0x7fff_ffff, -0x8000_0000];

/** Bytes of few values, so that parts are found and texts are equal. */
function someBytes(below: number, alphabet = "aAbB=%z\u0000"): Buffer {
  const length = random(below);
  const values = Buffer.from(alphabet);
  return Buffer.from(Array.from({ length }, () => values[random(values.length)]!));
}

function anyBytes(below: number): Buffer {
  return Buffer.from(Array.from({ length: random(below) }, () => random(256)));
}

const text = (operation: string, parameters: number[], ...args: (string | Uint8Array)[]): string =>
  run(operation, parameters, ...args)?.toString() ?? "null";

const clamp = (position: number, length: number): number => Math.max(0, Math.min(position, length));

function lowerAscii(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte)));
}

describe("a slice", () => {
  it("answers -1 for a byte outside of it", () => {
    for (const data of ["", "a", "abc", "12345678", "123456789"]) {
      for (const index of EDGES) {
        const expected = index >= 0 && index < data.length ? data.charCodeAt(index) : -1;
        expect(text("at", [index], data), `${data}[${index}]`).toBe(String(expected));
      }
    }
  });

  it("clamps both ends of a part", () => {
    for (const data of ["", "abc", "123456789"]) {
      for (const start of EDGES) {
        for (const end of EDGES) {
          const from = clamp(start, data.length);
          const expected = data.slice(from, Math.max(from, clamp(end, data.length)));
          expect(text("sub", [start, end], data), `${data} ${start} ${end}`).toBe(expected);
        }
      }
    }
  });

  it("does not reach bytes next to it through a part of a part", () => {
    expect(text("subOfSub", [-5, 100], "abc")).toBe("bc");
  });

  it("compares, finds and looks at its ends as Buffer does", () => {
    for (let i = 0; i < 4000; i++) {
      const left = someBytes(20);
      const right = i % 3 === 0 ? left.subarray(random(20), random(20)) : someBytes(i % 2 ? 4 : 20);
      const equal = left.equals(right) ? 1 : 0;
      const lowLeft = lowerAscii(left);
      const lowRight = lowerAscii(right);
      const expected = [
        equal,
        equal,
        lowLeft.equals(lowRight) ? 1 : 0,
        Buffer.compare(left, right),
        left.subarray(0, right.length).equals(right) ? 1 : 0,
        right.length <= left.length && left.subarray(left.length - right.length).equals(right)
          ? 1
          : 0,
        left.indexOf(right),
        lowLeft.subarray(0, right.length).equals(lowRight) ? 1 : 0,
      ].join(" ");
      expect(text("relate", [], left, right), `${left.toString()} | ${right.toString()}`).toBe(
        expected,
      );
    }
  });

  it("tells bytes apart that differ in one bit, wherever it is", () => {
    const left = Buffer.alloc(40, 0x61);
    for (let bit = 0; bit < left.length * 8; bit++) {
      const right = Buffer.from(left);
      right[bit >> 3]! ^= 1 << (bit & 7);
      expect(text("relate", [], left, right)).toMatch(/^0 0 . -?1 0 0 -1 .$/);
    }
  });

  it("orders bytes above 127 after the others", () => {
    expect(text("relate", [], Buffer.from([0x80]), "a").split(" ")[3]).toBe("1");
    expect(text("relate", [], "ab", "a").split(" ")[3]).toBe("1");
    expect(text("relate", [], "", "a").split(" ")[3]).toBe("-1");
  });

  it("knows whether a word is mentioned, wherever it stands", () => {
    for (const word of ["ab", '"error"', "generated_images"]) {
      for (let before = 0; before < 40; before++) {
        for (const after of [0, 1, 20]) {
          const [left, right] = [word[0]!.repeat(before), "x".repeat(after)];
          expect(text("mentionsWord", [], left + word + right, word)).toBe("1");
          expect(text("mentionsWord", [], left + word.slice(0, -1) + right, word)).toBe("0");
        }
      }
    }
    expect(text("mentionsWord", [], "", "ab")).toBe("0");
  });

  it("finds bytes and parts from any position", () => {
    for (let i = 0; i < 2000; i++) {
      const data = someBytes(12);
      const part = someBytes(3);
      const byte = "aAbB"[random(4)]!.charCodeAt(0);
      const from = EDGES[random(EDGES.length)]!;
      const start = Math.max(0, from);
      const index = start >= data.length ? -1 : data.indexOf(byte, start);
      expect(text("indexOf", [byte, from], data)).toBe(String(index));
      expect(text("lastIndexOf", [byte], data)).toBe(String(data.lastIndexOf(byte)));
      const found = start > data.length - part.length ? -1 : data.indexOf(part, start);
      expect(text("findFrom", [from], data, part)).toBe(String(found));
    }
  });

  it("keeps its bytes once copied", () => {
    expect(text("copies", [], "abc")).toBe("abc abc ---");
  });
});

describe("ASCII", () => {
  it("changes the case of letters only", () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    expect(run("lower", [], all)).toEqual(lowerAscii(all));
  });

  it("hands a text back when there is nothing to change", () => {
    expect(text("sharesWhenUnchanged", [], "abc 1[`{")).toBe("1 1 1");
    expect(text("sharesWhenUnchanged", [], "aBc%41")).toBe("0 0 0");
    expect(text("sharesWhenUnchanged", [], "")).toBe("1 1 1");
  });

  it("trims white space at both ends", () => {
    for (let byte = 0; byte < 256; byte++) {
      const blank = byte === 0x20 || (byte >= 9 && byte <= 13);
      const data = Buffer.from([byte, 0x61, byte, 0x62, byte]);
      expect(run("trimmed", [], data)).toEqual(blank ? data.subarray(1, 4) : data);
    }
    expect(text("trimmed", [], " \t\r\n ")).toBe("");
    expect(text("trimmed", [], "")).toBe("");
  });

  it("reads integers of at most 18 digits and nothing else", () => {
    const none = String(-(2n ** 63n));
    const cases: [string, string][] = [
      ["0", "0"],
      ["-0", "0"],
      ["+7", "7"],
      ["0012", "12"],
      ["999999999999999999", "999999999999999999"],
      ["-999999999999999999", "-999999999999999999"],
      ["1000000000000000000", none],
      ["", none],
      ["-", none],
      ["+", none],
      ["+-1", none],
      [" 1", none],
      ["1 ", none],
      ["1.0", none],
      ["1e3", none],
      ["0x10", none],
      ["１", none],
      ["12/", none],
      ["12:", none],
    ];
    for (const [data, expected] of cases) expect(text("integer", [], data), data).toBe(expected);
    for (let i = 0; i < 500; i++) {
      const value = (random(2) ? 1 : -1) * random(2 ** 31) * random(1000);
      expect(text("integer", [], String(value))).toBe(String(value === 0 ? 0 : value));
    }
  });
});

describe("hexadecimal", () => {
  it("goes both ways for all bytes, in either case", () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    expect(text("toHex", [], all)).toBe(all.toString("hex"));
    expect(run("fromHex", [], all.toString("hex"))).toEqual(all);
    expect(run("fromHex", [], all.toString("hex").toUpperCase())).toEqual(all);
    expect(run("fromHex", [], "")).toEqual(Buffer.alloc(0));
  });

  it("is null for anything but whole pairs of digits", () => {
    for (let byte = 0; byte < 256; byte++) {
      const isDigit = /[0-9a-fA-F]/.test(String.fromCharCode(byte));
      const first = run("fromHex", [], Buffer.from([byte, 0x30]));
      const second = run("fromHex", [], Buffer.from([0x30, byte]));
      expect([first !== null, second !== null], String(byte)).toEqual([isDigit, isDigit]);
    }
    expect(run("fromHex", [], "abc")).toBeNull();
    expect(run("fromHex", [], "a")).toBeNull();
  });
});

describe("percent-encoding", () => {
  /** The same in JavaScript, on latin-1 text. */
  function reference(data: string, plusIsSpace: boolean): string | null {
    if (/%(?![0-9a-fA-F]{2})/.test(data)) return null;
    const spaced = plusIsSpace ? data.replaceAll("+", " ") : data;
    return spaced.replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
  }

  it("is decoded once; a broken escape makes the text null", () => {
    const cases = [
      "",
      "%",
      "a%",
      "%4",
      "%4g",
      "%g4",
      "%41",
      "%2541",
      "%%41",
      "a+b%2B",
      "%00%ff",
      "%4%41",
    ];
    for (const data of cases) {
      for (const plus of [0, 1]) {
        const answer = run("percent", [plus], data)?.toString("latin1") ?? null;
        expect(answer, data).toBe(reference(data, plus === 1));
      }
    }
  });

  it("can leave a broken escape as it is", () => {
    const pieces = ["%", "4", "1", "g", "%41", "%ff", "%2541", "+", "é"];
    for (let i = 0; i < 1000; i++) {
      const data = Array.from({ length: random(8) }, () => pieces[random(pieces.length)]).join("");
      const expected = Buffer.from(data)
        .toString("latin1")
        .replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
          String.fromCharCode(Number.parseInt(hex, 16)),
        );
      expect(run("percentLeniently", [], data)?.toString("latin1"), data).toBe(expected);
    }
  });

  it("decodes whatever was encoded", () => {
    for (let i = 0; i < 500; i++) {
      const data = anyBytes(20);
      const encoded = [...data].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
      expect(run("percent", [i % 2], encoded)).toEqual(data);
    }
  });
});

describe("a builder", () => {
  it("holds what was appended, in order, however often it grew", () => {
    for (let i = 0; i < 200; i++) {
      const parts = Array.from({ length: random(12) }, () => anyBytes(300));
      const expected = Buffer.concat(parts.flatMap((part, n) => [part, Buffer.from(`${n}|`)]));
      expect(run("build", [parts.length], ...parts)).toEqual(expected);
    }
  });

  it("writes text as UTF-8", () => {
    for (const data of ["", "abc", "é€😀", "a".repeat(1000)]) {
      expect(text("builderText", [], data)).toBe(data);
    }
  });

  it("can be cut, cleared and appended to itself", () => {
    expect(text("rebuild", [2], "abc", "x")).toBe("0 abababab x");
    expect(text("rebuild", [9], "abc", "x")).toBe("0 abcabcabcabc x");
    expect(text("rebuild", [-1], "abc", "x")).toBe("0  x");
  });

  it("prints every integer", () => {
    const values = [
      0n,
      1n,
      -1n,
      9n,
      10n,
      -10n,
      2n ** 31n,
      -(2n ** 31n),
      2n ** 63n - 1n,
      -(2n ** 63n),
    ];
    for (let i = 0; i < 500; i++) {
      const magnitude = (BigInt(random(2 ** 31)) << 31n) >> BigInt(random(62));
      values.push(random(2) ? magnitude : -magnitude);
    }
    for (const value of values) {
      const [high, low] = [Number(value >> 32n), Number(BigInt.asIntN(32, value))];
      expect(text("digits", [high, low])).toBe(`${value} ${value}`);
    }
  });
});

it("a table finds what was set last, and nothing else, through every growth", () => {
  const reference = new Map<string, string>();
  for (let i = 0; i < 5000; i++) {
    const key = someBytes(9).toString("latin1");
    if (i % 3) {
      reference.set(key, String(i));
      const size = text("tableSet", [], Buffer.from(key, "latin1"), String(i));
      expect(size).toBe(String(reference.size));
    } else {
      expect(text("tableFind", [], Buffer.from(key, "latin1"))).toBe(reference.get(key) ?? "null");
      expect(text("tableHas", [], Buffer.from(key, "latin1"))).toBe(reference.has(key) ? "1" : "0");
    }
  }
  expect(reference.size).toBeGreaterThan(1000);
});
