import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";
import { beforeAll, describe, expect, it } from "vitest";
import { compile } from "../../../build/tools/asc.js";
import { packModule } from "../../../build/tools/pack/pack.js";

const field = (n: number): string => `f${n}: Leaf | null;`;
const SOURCE = `
class Leaf { constructor(public value: i32) {} }
class Base { number: i32 = -1; leaf: Leaf | null; }
class Derived extends Base { small: u8 = 255; own: Leaf | null; }
class Empty {}
class Last extends Empty { ${Array.from({ length: 60 }, (_, n) => `n${n}: i32 = -1;`).join(" ")} }
class Wide { ${Array.from({ length: 80 }, (_, n) => field(n)).join(" ")} }

let base: Base = new Base();
let derived: Derived = new Derived();
let wide: Wide = new Wide();
let array: (Leaf | null)[] = [];
let fixed: StaticArray<Leaf | null> = new StaticArray(3);
let bases: StaticArray<Base | null> = new StaticArray(2);
let nested: Leaf[][] = [];
let map: Map<string, Leaf> = new Map();
let empty: Empty = new Empty();
let text: string = "";
let numbers: i32[] = [];
let action: (n: i32) => i32 = (n: i32): i32 => n;

export function fill(): void {
  base = new Base();
  base.leaf = new Leaf(1);
  derived = new Derived();
  derived.leaf = new Leaf(2);
  derived.own = new Leaf(3);
  wide = new Wide();
  wide.f0 = new Leaf(4);
  wide.f79 = new Leaf(5);
  array = [null, new Leaf(6)];
  fixed[2] = new Leaf(7);
  const late = new Base();
  late.leaf = new Leaf(13);
  bases[1] = late;
  nested = [[], [new Leaf(8)]];
  map.set("nine " + (9).toString(), new Leaf(9));
  text = "ten " + (10).toString();
  numbers = [-1, 0x7fffffff];
  action = (n: i32): i32 => n + 1;
}

/** Memory that was free, filled with what is no object. */
export function collect(): void {
  __collect();
  for (let i = 0; i < 64; i++) {
    const bytes = new StaticArray<u8>(8 * (i % 32));
    memory.fill(changetype<usize>(bytes), 0xee, bytes.length);
  }
  __collect();
}

/** Of the last class of all: its row is the end of static data. */
export function fillLast(): void {
  empty = new Last();
}

/** Of the arrays: those of references, and those of numbers. */
export function classOf(array: i32): u32 {
  const objects: usize[] = [
    changetype<usize>(fixed), changetype<usize>(bases),
    changetype<usize>(new StaticArray<i32>(1)), changetype<usize>(new StaticArray<f64>(1)),
  ];
  return load<u32>(objects[array] - 8);
}

export function read(): string {
  const leaves = [
    base.leaf, derived.leaf, derived.own, wide.f0, wide.f79, array[1], fixed[2], nested[1][0],
    map.get("nine 9"), bases[1]!.leaf,
  ];
  let all = "";
  for (let i = 0; i < leaves.length; i++) all += leaves[i]!.value.toString() + " ";
  return all + text + " " + numbers[1].toString() + " " + action(11).toString();
}
`;

interface Module extends Record<string, unknown> {
  _initialize(): void;
  fill(): void;
  fillLast(): void;
  collect(): void;
  read(): number;
  classOf(array: number): number;
  __getString(pointer: number): string;
}

describe("the collector keeps what an object holds", () => {
  let binary: Uint8Array;

  beforeAll(async () => {
    mkdirSync(".cache/unit", { recursive: true });
    const entry = ".cache/unit/members.ts";
    const outFile = ".cache/unit/members.wasm";
    writeFileSync(entry, SOURCE);
    const also = ["build/tools/pack/assembly/entry.ts"];
    await compile({ entry, outFile, also, flags: ["--exportRuntime"] });
    binary = readFileSync(outFile);
  });

  it.each([
    ["as it was compiled", (wasm: Uint8Array): Uint8Array => wasm],
    ["with its static data packed", packModule],
  ])("%s", (_how, make) => {
    const module = instantiateSync(make(binary)).exports as unknown as Module;
    module._initialize();
    module.fill();
    module.fillLast();
    for (let round = 0; round < 3; round++) {
      module.collect();
      expect(module.__getString(module.read())).toBe("1 2 3 4 5 6 7 8 9 13 ten 10 2147483647 12");
    }
  });

  it("takes fixed arrays of references for one class, and those of numbers for another", () => {
    const module = instantiateSync(binary).exports as unknown as Module;
    module._initialize();
    const [leaves, bases, integers, floats] = [0, 1, 2, 3].map((array) => module.classOf(array));
    expect([leaves, integers]).toEqual([bases, floats]);
    expect(leaves).not.toBe(integers);
  });
});
