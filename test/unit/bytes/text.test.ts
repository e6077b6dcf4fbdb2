import { beforeAll, describe, expect, it } from "vitest";
import { seeded } from "../kit/random.js";
import { loadDriver, type Run } from "./load.js";

let run: Run;

beforeAll(async () => {
  run = await loadDriver("test/unit/bytes/driver/bytes.ts");
});

const random = seeded(8);

function anyBytes(below: number): Buffer {
  return Buffer.from(Array.from({ length: random(below) }, () => random(256)));
}

const text = (operation: string, parameters: number[], ...args: (string | Uint8Array)[]): string =>
  run(operation, parameters, ...args)!.toString();

describe("bytes as text", () => {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

  it("are what browsers read, for every kind of malformed UTF-8", () => {
    const cases = [
      [],
      [0x61, 0],
      [0xc3, 0xa9],
      [0xe2, 0x82, 0xac],
      [0xf0, 0x9f, 0x98, 0x80],
      [0xef, 0xbb, 0xbf, 0x61],
      [0xc0, 0x8a], // an overlong line break
      [0xc1, 0xbf],
      [0xe0, 0x80, 0x8a],
      [0xf0, 0x80, 0x80, 0x8a],
      [0xed, 0xa0, 0x80], // a surrogate
      [0xed, 0x9f, 0xbf],
      [0xf4, 0x8f, 0xbf, 0xbf],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf5, 0x80, 0x80, 0x80],
      [0xff],
      [0x80, 0x61],
      [0xe2, 0x82],
      [0xe2, 0x82, 0x61],
      [0xe2, 0xe2, 0x82, 0xac],
      [0xf0, 0x9f, 0x98],
      [0xf0, 0x9f, 0xc3, 0xa9],
    ];
    for (const bytes of cases) {
      expect(text("text", [], Buffer.from(bytes)), String(bytes)).toBe(
        decoder.decode(Buffer.from(bytes)),
      );
    }
  });

  it("never become a lone surrogate, and random bytes read as in browsers", () => {
    const hot = [
      0x61, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc2, 0xdf, 0xe0, 0xed, 0xf0, 0xf4, 0xf5,
    ];
    for (let i = 0; i < 5000; i++) {
      const bytes =
        i % 2 ? anyBytes(12) : Buffer.from(anyBytes(9).map((b) => hot[b % hot.length]!));
      const units = run("units", [], bytes)!;
      expect(units.toString("utf16le"), bytes.toString("hex")).toBe(decoder.decode(bytes));
    }
  });
});
