import { readFileSync } from "node:fs";
import { instantiateSync } from "@assemblyscript/loader";
import { Random } from "proxy-wasm-test";
import { beforeAll, expect, it } from "vitest";
import { buildLibrary } from "./build.js";

interface Table {
  _initialize?(): void;
  set(id: number, value: number): void;
  find(id: number): number;
  take(id: number): number;
  size(): number;
  dropMultiples(n: number): void;
}

let module: WebAssembly.Module;

beforeAll(async () => {
  const file = await buildLibrary("test/unit/sdk/driver/table.ts");
  module = new WebAssembly.Module(readFileSync(file));
});

function open(): Table {
  const abort = () => {
    throw new Error("trap");
  };
  const table = instantiateSync(module, { env: { abort } }).instance.exports as unknown as Table;
  table._initialize?.();
  return table;
}

it("a table of ids is what a Map is: 40 000 seeded steps, many of whose ids share a slot", () => {
  const random = new Random(7);
  const table = open();
  const model = new Map<number, number>();
  // Few ids, so that they come again; multiples of 2²⁸ all begin at the same slot.
  const anyId = () => (random.below(2) === 0 ? random.below(64) : random.below(16) * 2 ** 28);
  for (let step = 0; step < 40_000; step++) {
    const id = anyId();
    const what = random.below(100);
    if (what < 40) {
      table.set(id, step);
      model.set(id, step);
    } else if (what < 80) {
      expect(table.take(id)).toBe(model.get(id) ?? -1);
      model.delete(id);
    } else if (what < 99) {
      expect(table.find(id)).toBe(model.get(id) ?? -1);
    } else {
      const n = 2 + random.below(3);
      table.dropMultiples(n);
      for (const known of [...model.keys()]) if (known % n === 0) model.delete(known);
    }
    if (table.size() !== model.size) expect(table.size()).toBe(model.size);
  }
  for (const [id, value] of model) expect(table.find(id)).toBe(value);
});
