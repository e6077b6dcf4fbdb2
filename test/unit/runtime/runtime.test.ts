import { readFileSync } from "node:fs";
import { instantiate } from "@assemblyscript/loader";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { Random } from "../../conformance/random.js";
import { buildLibrary } from "../sdk/build.js";

type Runtime = Record<string, (...n: number[]) => number> & { memory: WebAssembly.Memory };

let module: WebAssembly.Module;
let rt: Runtime;

beforeAll(async () => {
  module = await WebAssembly.compile(
    readFileSync(await buildLibrary("test/unit/drivers/runtime.ts")),
  );
});

beforeEach(async () => {
  const abort = (): never => {
    throw new Error("abort");
  };
  rt = (await instantiate(module, { env: { abort } })).instance.exports as unknown as Runtime;
  rt["_initialize"]?.();
});

/** Sizes around every border: cells, the largest cell, chunks, and large ones. */
const SIZES = [0, 1, 11, 12, 13, 28, 44, 60, 100, 230, 236, 237, 240, 256, 500, 2000, 2048, 5000];

it.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "loses, mixes and keeps nothing, whatever the order (%i)",
  (seed) => {
    const random = new Random(seed);
    const pick = (bound: number): number => random.below(bound);
    const size = (): number => (pick(40) === 0 ? pick(100_000) : random.pick(SIZES));
    const buffers = new Map<number, [size: number, seed: number]>();
    const arrays = new Map<number, number>();
    const blocks = new Map<number, [size: number, seed: number]>();
    const check = (): void => {
      for (const [place, [length, mark]] of buffers) {
        expect(rt["isBufferIntact"]!(place, length, mark), `buffer ${place}`).toBe(1);
      }
      for (const [place, [length, mark]] of blocks) {
        expect(rt["isBlockIntact"]!(place, length, mark), `block ${place}`).toBe(1);
      }
      for (const [place, total] of arrays) expect(rt["sum"]!(place), `array ${place}`).toBe(total);
    };
    for (let step = 0; step < 4000; step++) {
      const place = pick(256);
      const length = size();
      switch (pick(9)) {
        case 0:
        case 1:
          expect(rt["makeBuffer"]!(place, length, step & 255), "new memory is zero").toBe(0);
          buffers.set(place, [length, step & 255]);
          break;
        case 2:
          rt["dropBuffer"]!(place);
          buffers.delete(place);
          break;
        case 3:
          if (!arrays.has(place)) rt["makeArray"]!(place);
          for (let i = pick(40); i >= 0; i--) {
            rt["push"]!(place, i);
            arrays.set(place, (arrays.get(place) ?? 0) + i);
          }
          break;
        case 4:
          rt["dropArray"]!(place);
          arrays.delete(place);
          break;
        case 5:
          if (blocks.has(place)) rt["reallocate"]!(place, length, step & 255);
          else expect(rt["allocate"]!(place, length, step & 255)).toBe(1);
          blocks.set(place, [length, step & 255]);
          break;
        case 6:
          if (blocks.delete(place)) rt["free"]!(place);
          break;
        case 7:
          if (pick(10) === 0) rt["collect"]!();
          break;
        default:
          if (pick(20) === 0) check();
      }
    }
    rt["collect"]!();
    check();
  },
);

it("gives everything back: the same again and again needs no more memory", () => {
  const turn = (): void => {
    for (let place = 0; place < 256; place++) rt["makeBuffer"]!(place, place * 16, place);
    for (let place = 0; place < 256; place++) rt["dropBuffer"]!(place);
    rt["collect"]!();
  };
  turn();
  turn();
  const pages = rt["pages"]!();
  for (let i = 0; i < 40; i++) turn();
  expect(rt["pages"]!()).toBe(pages);
});

it("joins what is free: after many small objects one large one fits", () => {
  for (let i = 0; i < 20_000; i++) rt["makeBuffer"]!(i & 255, 40, i & 255);
  for (let place = 0; place < 256; place++) rt["dropBuffer"]!(place);
  rt["collect"]!();
  const pages = rt["pages"]!();
  rt["makeBuffer"]!(0, 500_000, 0);
  expect(rt["pages"]!()).toBe(pages);
});

it("follows objects in static data, and lists of any length without recursing", () => {
  rt["makeList"]!(300_000);
  rt["collect"]!();
  rt["collect"]!();
  for (let i = 0; i < 1000; i++) rt["makeBuffer"]!(i & 255, 12, i & 255);
  expect(rt["listSum"]!()).toBe(((300_000 * 299_999) / 2) | 0);
});

it("keeps what is pinned, with its members, until it is unpinned", () => {
  const pins = [10, 20, 30].map((value) => rt["makePinned"]!(value));
  const reuse = (): void => {
    rt["collect"]!();
    for (let i = 0; i < 500; i++) rt["makeBuffer"]!(i & 255, 8, 0xff);
  };
  reuse();
  expect(pins.map((pin) => rt["pinnedSum"]!(pin))).toEqual([21, 41, 61]);
  rt["unpin"]!(pins[1] ?? 0);
  reuse();
  expect(rt["pinnedSum"]!(pins[0] ?? 0)).toBe(21);
  expect(rt["pinnedSum"]!(pins[2] ?? 0)).toBe(61);
  expect(() => rt["unpin"]!(pins[1] ?? 0), "it is not pinned any more").toThrow();
});

it("traps when the host has no more memory, and before sizes overflow", () => {
  expect(() => rt["allocate"]!(0, 0x7fffffff, 1)).toThrow(WebAssembly.RuntimeError);
  expect(() => rt["allocate"]!(0, -4, 1)).toThrow(WebAssembly.RuntimeError);
  expect(() => rt["makeObject"]!(-4)).toThrow(WebAssembly.RuntimeError);
  expect(() => rt["makeObject"]!(-20)).toThrow(WebAssembly.RuntimeError);
});
