/** A minimal wasm encoder for loader tests: functions with given signatures and bodies. */

const TYPES: Record<string, number> = { i: 0x7f, I: 0x7e };

export interface Fn {
  params?: string;
  results?: string;
  /** Instructions without `end`; default returns zeros. */
  body?: number[];
}

export interface ModuleSpec {
  imports?: {
    module?: string;
    name: string;
    params?: string;
    results?: string;
    kind?: "memory" | "global" | "table";
    /** Pages of a memory; default 1. */
    minimum?: number;
    /** Absent: none is declared. */
    maximum?: number;
  }[];
  /** Exported functions by name, in order. */
  exports: Record<string, Fn>;
  /** Default: a memory of one page, exported. */
  memory?: boolean;
  /** Mutable globals, each 0 at first. Default 0. */
  globals?: number;
  /** Names of functions by index, for a name section. */
  names?: Record<number, string>;
}

const text = (s: string) => [...new TextEncoder().encode(s)];
const leb = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >> 7)]);
const limits = ({ minimum = 1, maximum }: { minimum?: number; maximum?: number }) =>
  maximum === undefined ? [0, ...leb(minimum)] : [1, ...leb(minimum), ...leb(maximum)];
const vector = (items: number[][]) => [...leb(items.length), ...items.flat()];
const named = (s: string) => [...leb(text(s).length), ...text(s)];
const section = (id: number, body: number[]) => [id, ...leb(body.length), ...body];
const signature = ({ params = "", results = "" }: { params?: string; results?: string }) => [
  0x60,
  ...vector([...params].map((c) => [TYPES[c]!])),
  ...vector([...results].map((c) => [TYPES[c]!])),
];

const nameMap = (names: Record<number, string>) =>
  vector(Object.entries(names).map(([index, name]) => [...leb(Number(index)), ...named(name)]));

export function wasm({
  imports = [],
  exports,
  memory = true,
  globals = 0,
  names,
}: ModuleSpec): Uint8Array {
  const functions = Object.values(exports);
  const imported = imports.filter((i) => !i.kind);
  const types = [...imported, ...functions].map(signature);
  const importEntries = imports.map((item) => {
    const head = [...named(item.module ?? "env"), ...named(item.name)];
    if (item.kind === "memory") return [...head, 2, ...limits(item)];
    if (item.kind === "global") return [...head, 3, 0x7f, 0];
    if (item.kind === "table") return [...head, 1, 0x70, 0, 1];
    return [...head, 0, ...leb(imported.indexOf(item))];
  });
  const exportEntries = Object.keys(exports).map((name, i) => [
    ...named(name),
    0,
    ...leb(imported.length + i),
  ]);
  if (memory) exportEntries.push([...named("memory"), 2, 0]);
  const code = functions.map((fn) => {
    const zeros = [...(fn.results ?? "")].flatMap((c) => (c === "I" ? [0x42, 0] : [0x41, 0]));
    const body = [0, ...(fn.body ?? zeros), 0x0b];
    return [...leb(body.length), ...body];
  });
  return Uint8Array.from([
    0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
    ...section(1, vector(types)),
    ...section(2, vector(importEntries)),
    ...section(3, vector(functions.map((_, i) => leb(imported.length + i)))),
    ...(memory ? section(5, [1, 0, 1]) : []),
    ...(globals ? section(6, vector(Array(globals).fill([0x7f, 1, 0x41, 0, 0x0b]))) : []),
    ...section(7, vector(exportEntries)),
    ...section(10, vector(code)),
    ...(names ? section(0, [...named("name"), ...section(1, nameMap(names))]) : []),
  ]); // prettier-ignore
}

export const ABI: Record<string, Fn> = { proxy_abi_version_0_2_1: {} };
export const MALLOC: Record<string, Fn> = { malloc: { params: "i", results: "i" } };
export const UNREACHABLE = [0x00];
/** `call n` */
export const call = (index: number, ...constants: number[]) => [
  ...constants.flatMap((c) => [0x41, c]),
  0x10,
  index,
];
/** `i32.const n` for any number; `call` takes those of one byte. */
export const i32 = (n: number): number[] => [0x41, ...signed(n)];
const signed = (n: number): number[] =>
  n >= -64 && n < 64 ? [n & 0x7f] : [(n & 0x7f) | 0x80, ...signed(n >> 7)];
/** `i32.store`; `value` = instructions that leave one. */
export const store = (at: number, value: number[]) => [...i32(at), ...value, 0x36, 2, 0];
/** Writes a text of ASCII to memory. */
export const write = (at: number, value: string) =>
  [...value].flatMap((c, i) => [...i32(at + i), ...i32(c.charCodeAt(0)), 0x3a, 0, 0]);
