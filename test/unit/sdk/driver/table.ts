import { IdTable } from "proxy-wasm-as/assembly/dispatch/id-table";

class Entry {
  constructor(readonly value: i32) {}
}

const table: IdTable<Entry> = new IdTable<Entry>();
let modulus: u32 = 1;

export function set(id: u32, value: i32): void {
  table.set(id, new Entry(value));
}

/** -1 = none. */
export function find(id: u32): i32 {
  const entry = table.find(id);
  return entry === null ? -1 : entry.value;
}

/** -1 = none. */
export function take(id: u32): i32 {
  const entry = table.take(id);
  return entry === null ? -1 : entry.value;
}

export function size(): i32 {
  return table.size;
}

/** Keeps the ids that are no multiples of `n`. */
export function dropMultiples(n: u32): void {
  modulus = n;
  table.retain((id) => id % modulus != 0);
}
