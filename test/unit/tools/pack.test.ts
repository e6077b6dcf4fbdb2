import { mkdirSync, readFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";
import { beforeAll, describe, expect, it } from "vitest";
import { compile } from "../../../build/tools/asc.js";
import { encode } from "../../../build/tools/pack/encode.js";
import { CONTEXT_BYTES } from "../../../build/tools/pack/model.js";
import { packModule } from "../../../build/tools/pack/pack.js";
import { Random } from "../../conformance/random.js";

interface Exports extends Record<string, unknown> {
  memory: WebAssembly.Memory;
  unpack(packed: number, to: number, end: number): void;
}

const outFile = ".cache/unit/unpack.wasm";
let binary: Uint8Array;
beforeAll(async () => {
  mkdirSync(".cache/unit", { recursive: true });
  await compile({ entry: "build/tools/pack/assembly/entry.ts", outFile });
  binary = readFileSync(outFile);
});

/** What the guest makes of `data`, packed for an address of this parity. */
function roundTrip(data: Uint8Array, address = 4096): Uint8Array {
  const { exports } = instantiateSync<Exports>(binary);
  const packed = encode(data, address);
  const end = address + data.length;
  const pages = Math.ceil((end + CONTEXT_BYTES + packed.length) / 65536);
  const missing = pages - exports.memory.buffer.byteLength / 65536;
  if (missing > 0) exports.memory.grow(missing);
  // At the very end, as in a plugin: one byte read too many traps.
  const at = exports.memory.buffer.byteLength - packed.length;
  new Uint8Array(exports.memory.buffer).set(packed, at);
  exports.unpack(at, address, end);
  return new Uint8Array(exports.memory.buffer).slice(address, end);
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
    expect(roundTrip(data, 4097)).toEqual(data);
  });

  it("in a thousand mixtures of repetition and noise", () => {
    for (let run = 0; run < 1000; run++) {
      const data = Array.from(bytes(1 + random.below(40), 1 + random.below(255)));
      while (data.length < 300) {
        const from = random.below(data.length);
        data.push(...data.slice(from, from + 1 + random.below(30)), random.below(256));
      }
      const packed = Uint8Array.from(data);
      expect(roundTrip(packed, 2048 + random.below(2))).toEqual(packed);
    }
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
  });

  it("without unpack is refused", () => {
    expect(() => packModule(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))).toThrow();
  });
});
