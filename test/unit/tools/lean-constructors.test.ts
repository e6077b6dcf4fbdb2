import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";
import binaryen from "binaryen";
import { beforeAll, describe, expect, it } from "vitest";
import { compile } from "../../../build/tools/asc.js";

const SOURCE = `
abstract class Base {
  a: i32;
  b: i32;
  wide: i64;
  small: u8;
  seen: i32 = 7;
  constructor() {
    this.seen = this.look();
  }
  abstract look(): i32;
}

class Derived extends Base {
  c: u8;
  d: u8 = 5;
  e: bool;
  f: i32 = -1;
  g: Base | null;
  h: u8;
  constructor() {
    super(); // reads fields of this class
  }
  look(): i32 {
    return this.d + this.f;
  }
}

class Parent {
  a: i32;
  b: u8;
  c: u8;
  d: u8;
}

class Child extends Parent {
  e: u8 = 9;
  f: u8 = 8;
  constructor() {
    super();
  }
}

class Overwritten {
  a: i32 = 3;
  b: i32 = 4;
  seen: i32;
  constructor(value: i32) {
    this.seen = this.a;
    this.a = value;
    this.b = value + 1;
  }
}

class Setter {
  low: i32;
  high: i32;
  set both(value: i32) {
    this.low = value;
    this.high = value + 1;
  }
  constructor() {
    this.both = 1;
    this.both = 0;
  }
}

class Numbers {
  a: f64 = -0.0;
  b: f64 = 0;
  c: f32 = 0;
  d: f32 = -0.0;
}

class Twice {
  a: i32 = 0;
  b: i32 = 0;
  constructor(value: i32) {
    this.a = value;
    this.b = value;
    this.a = 0;
  }
}

/** What was freed, and will be given out again, holds ones everywhere. */
export function dirty(): void {
  for (let i = 0; i < 64; i++) {
    const bytes = new StaticArray<u8>(16 * (i % 8));
    memory.fill(changetype<usize>(bytes), 0xff, bytes.length);
  }
  __collect();
}

export function derived(): string {
  const it = new Derived();
  return [it.a, it.b, <i32>it.wide, it.small, it.seen, it.c, it.d, <i32>it.e, it.f, <i32>(it.g == null), it.h].join(" ");
}
export function parent(): string {
  const it = new Parent();
  return [it.a, <i32>it.b, <i32>it.c, <i32>it.d].join(" ");
}
export function child(): string {
  const it = new Child();
  return [it.a, <i32>it.b, <i32>it.c, <i32>it.d, <i32>it.e, <i32>it.f].join(" ");
}
export function overwritten(): string {
  const it = new Overwritten(20);
  return [it.a, it.b, it.seen].join(" ");
}
export function setter(): string {
  const it = new Setter();
  return [it.low, it.high].join(" ");
}
export function numbers(): string {
  const it = new Numbers();
  return [1 / it.a, 1 / it.b, 1 / <f64>it.c, 1 / <f64>it.d].join(" ");
}
export function twice(): string {
  const it = new Twice(6);
  return [it.a, it.b].join(" ");
}
`;

interface Module extends Record<string, unknown> {
  _initialize(): void;
  dirty(): void;
  __getString(pointer: number): string;
}

describe("an object that is made in memory full of ones", () => {
  let module: Module;

  beforeAll(async () => {
    mkdirSync(".cache/unit", { recursive: true });
    writeFileSync(".cache/unit/constructors.ts", SOURCE);
    const outFile = ".cache/unit/constructors.wasm";
    await compile({
      entry: ".cache/unit/constructors.ts",
      outFile,
      flags: ["--exportRuntime"],
    });
    module = instantiateSync(readFileSync(outFile)).exports as unknown as Module;
    module._initialize();
  });

  it.each([
    ["has its fields, also those of an abstract class", "derived", "0 0 0 0 4 0 5 0 -1 1 0"],
    ["of a class that has subclasses", "parent", "0 0 0 0"],
    ["of a subclass whose fields begin within a word of the other's", "child", "0 0 0 0 9 8"],
    ["has what its constructor read before it was overwritten", "overwritten", "20 21 3"],
    ["has what a setter of its own made of a value", "setter", "0 1"],
    ["keeps the sign of zero", "numbers", "-Infinity Infinity Infinity -Infinity"],
    ["has the last of several values", "twice", "0 6"],
  ])("%s", (_what, name, expected) => {
    module.dirty();
    const make = module[name] as () => number;
    expect(module.__getString(make())).toBe(expected);
  });

  it("was cleared eight bytes at a time, which only this transform does", () => {
    const text = binaryen.readBinary(readFileSync(".cache/unit/constructors.wasm")).emitText();
    expect(text).toMatch(/i64\.store (offset=\d+ )?align=1/);
  });
});
