import { mkdirSync, readFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";
import { beforeAll, describe, expect, it } from "vitest";
import { compile } from "../../../build/tools/asc.js";
import { encode } from "../../../build/tools/pack/encode.js";
import { CONTEXT_BYTES } from "../../../build/tools/pack/model.js";
import { packModule } from "../../../build/tools/pack/pack.js";
import { shorten } from "../../../build/tools/pack/shorten.js";
import { Random } from "../../conformance/random.js";

interface Exports extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  unpack(packed: number, to: number, short: number, shortEnd: number): void;
}

const outFile = ".cache/unit/unpack.wasm";
let binary: Uint8Array;
beforeAll(async () => {
  mkdirSync(".cache/unit", { recursive: true });
  await compile({ entry: "build/tools/pack/assembly/entry.ts", outFile });
  binary = readFileSync(outFile);
});

/** What the guest makes of `data`, shortened and packed for an address. */
function roundTrip(data: Uint8Array, address = 4096): Uint8Array {
  const { exports } = instantiateSync<Exports>(binary);
  const short = shorten(data, address);
  const packed = encode(short);
  const end = address + data.length;
  const shortEnd = end + short.length;
  const pages = Math.ceil((shortEnd + CONTEXT_BYTES + packed.length) / 65536);
  const missing = pages - exports.memory.buffer.byteLength / 65536;
  if (missing > 0) exports.memory.grow(missing);
  // At the very end, as in a plugin: one byte read too many traps.
  const at = exports.memory.buffer.byteLength - packed.length;
  new Uint8Array(exports.memory.buffer).set(packed, at);
  exports.unpack(at, address, end, shortEnd);
  return new Uint8Array(exports.memory.buffer).slice(address, end);
}

/** An object in static data, as AssemblyScript lays it out. */
function object(class_: number, content: Uint8Array): Buffer {
  const block = Buffer.alloc(16 * Math.ceil((20 + content.length) / 16));
  block.writeUInt32LE(block.length - 4, 0);
  block.writeUInt32LE(class_, 12);
  block.writeUInt32LE(content.length, 16);
  block.set(content, 20);
  return block;
}

function text(characters: string): Buffer {
  return object(2, Buffer.from(characters, "utf16le"));
}

/** A constant of bytes at an address, with the address of the first one. */
function constant(utf8: string, address: number, first: number, class_ = 4): Buffer {
  const fields = [address + 32, Buffer.byteLength(utf8), first + 20];
  const slice = object(class_, Buffer.from(Uint32Array.from(fields).buffer));
  return Buffer.concat([slice, Buffer.from(utf8), Buffer.alloc(-Buffer.byteLength(utf8) & 3)]);
}

describe("static data comes back", () => {
  const random = new Random(7);
  const bytes = (length: number, kinds: number): Uint8Array =>
    Uint8Array.from({ length }, () => random.below(kinds));

  it.each([
    ["a byte", Uint8Array.of(7)],
    ["zeros, more than the longest match", new Uint8Array(1500)],
    ["0xff, where carries run far", new Uint8Array(600).fill(255)],
    ["a text in UTF-16", new Uint8Array(Buffer.from("the field models[3] ".repeat(40), "utf16le"))],
    ["every byte in turn", Uint8Array.from({ length: 2048 }, (_, i) => i)],
    ["noise", bytes(20_000, 256)],
    ["noise of two kinds", bytes(20_000, 2)],
  ])("%s", (_name, data) => {
    expect(roundTrip(data)).toEqual(data);
  });

  it("in a thousand mixtures of repetition and noise", () => {
    for (let run = 0; run < 1000; run++) {
      const data = Array.from(bytes(1 + random.below(40), 1 + random.below(255)));
      while (data.length < 300) {
        const from = random.below(data.length);
        data.push(...data.slice(from, from + 1 + random.below(30)), random.below(256));
      }
      const packed = Uint8Array.from(data);
      expect(roundTrip(packed)).toEqual(packed);
    }
  });
});

describe("objects come back", () => {
  const at = 4096;
  const first = constant("first", at, at);
  const second = constant("zweite, ü", at + first.length, at);

  it.each([
    ["a text", text("unauthorized")],
    ["an empty text", text("")],
    ["texts behind each other", Buffer.concat([text("a"), text("two words"), text("12345678")])],
    ["a text behind zeros", Buffer.concat([Buffer.alloc(1024), text("far")])],
    ["a text beyond Latin-1", text("ключ")],
    ["a text with what ends texts", text("a\u00fdb\u00feÿ")],
    ["a text whose padding is used", Buffer.concat([text("a").fill(1, 30)])],
    ["another class", object(9, Buffer.from("unauthorized"))],
    ["constants, in UTF-8", Buffer.concat([first, second])],
    ["constants with what lies between", Buffer.concat([first, Buffer.from("1234"), second])],
    ["a constant of another class", Buffer.concat([first, constant("b", at + 40, at, 5)])],
    ["a constant of another owner", Buffer.concat([first, constant("b", at + 40, at + 40)])],
    ["texts between constants", Buffer.concat([first, text("middle"), constant("b", at + 88, at)])],
  ])("%s", (_name, data) => {
    expect(Buffer.from(roundTrip(data, at))).toEqual(data);
  });

  it("and their headers take no room", () => {
    const data = Buffer.concat([first, second, text("a"), text("b")]);
    expect(shorten(data, at).length).toBeLessThan(40);
  });
});

describe("a module", () => {
  it("has its data packed and exports no unpack", () => {
    const plain = readFileSync("build/envoy/key-auth.wasm");
    const module = new WebAssembly.Module(plain);
    const names = WebAssembly.Module.exports(module).map(({ name }) => name);
    expect(names).toContain("_initialize");
    expect(names).not.toContain("unpack");
    expect(plain.includes(Buffer.from("unauthorized", "utf16le"))).toBe(false);
    expect(plain.includes("unauthorized")).toBe(false);
  });

  it("without unpack is refused", () => {
    expect(() => packModule(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))).toThrow();
  });
});
