/**
 * Reads a wasm binary. V8 tells names of imports and exports but not their signatures, and the
 * host must refuse a module for a wrong signature (harness.md §3).
 */

export interface FunctionType {
  params: string;
  results: string;
}

export type ExternKind = "function" | "table" | "memory" | "global" | "tag";

export interface ModuleImport {
  module: string;
  name: string;
  kind: ExternKind;
  type?: FunctionType;
  minimum?: number;
  maximum?: number;
}

export interface ModuleExport {
  name: string;
  kind: ExternKind;
  index: number;
  type?: FunctionType;
}

export interface ModuleInfo {
  types: FunctionType[];
  imports: ModuleImport[];
  /** In binary order; the ABI version is found by this order. */
  exports: ModuleExport[];
  /** Pages. */
  memory?: { minimum: number; maximum?: number; imported: boolean };
  /** Function index → name, from the name section. */
  names: Map<number, string>;
  custom: string[];
}

const KINDS: ExternKind[] = ["function", "table", "memory", "global", "tag"];
/** One letter per value type, as the host's messages count them: i, I, f, F, else `x`. */
const VALUE_TYPES: Record<number, string> = { 0x7f: "i", 0x7e: "I", 0x7d: "f", 0x7c: "F" };

/** A cursor over a binary. Its methods throw SyntaxError behind the end. */
export class Reader {
  at = 0;
  constructor(
    readonly bytes: Uint8Array,
    readonly end = bytes.length,
  ) {}
  byte(): number {
    if (this.at >= this.end) throw new SyntaxError("unexpected end");
    return this.bytes[this.at++]!;
  }
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }
  name(): string {
    const length = this.u32();
    const text = new TextDecoder().decode(this.bytes.subarray(this.at, this.at + length));
    this.at += length;
    return text;
  }
  sub(length: number): Reader {
    const reader = new Reader(this.bytes, this.at + length);
    reader.at = this.at;
    this.at += length;
    if (this.at > this.end) throw new SyntaxError("section too long");
    return reader;
  }
  limits(): { minimum: number; maximum?: number } {
    const flags = this.byte();
    const minimum = this.u32();
    return flags & 1 ? { minimum, maximum: this.u32() } : { minimum };
  }
  /** Skips a constant expression. */
  valueType(): string {
    const byte = this.byte();
    if (byte === 0x63 || byte === 0x64) this.u32();
    return VALUE_TYPES[byte] ?? "x";
  }
}

/** True for `\0asm` version 1. */
export function isWasm(bytes: Uint8Array): boolean {
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  return bytes.length >= 8 && header.every((byte, i) => bytes[i] === byte);
}

/** Parses types, imports, exports, memory and names. Throws SyntaxError on a broken binary. */
export function parseModule(bytes: Uint8Array): ModuleInfo {
  if (!isWasm(bytes)) throw new SyntaxError("not a wasm module");
  const info: ModuleInfo = { types: [], imports: [], exports: [], names: new Map(), custom: [] };
  const functionTypes: number[] = [];
  const reader = new Reader(bytes);
  reader.at = 8;
  while (reader.at < reader.end) {
    const id = reader.byte();
    const section = reader.sub(reader.u32());
    readSection(id, section, info, functionTypes);
  }
  for (const item of info.exports) {
    if (item.kind === "function") item.type = info.types[functionTypes[item.index] ?? -1];
  }
  return info;
}

function readSection(id: number, r: Reader, info: ModuleInfo, functionTypes: number[]): void {
  if (id === 0) return readCustom(r, info);
  if (id === 1) return readTypes(r, info);
  if (id === 2) return readImports(r, info, functionTypes);
  if (id === 3) for (let n = r.u32(); n > 0; n--) functionTypes.push(r.u32());
  if (id === 5 && r.u32() > 0) info.memory = { ...r.limits(), imported: false };
  if (id === 7) {
    for (let n = r.u32(); n > 0; n--) {
      info.exports.push({ name: r.name(), kind: KINDS[r.byte()] ?? "tag", index: r.u32() });
    }
  }
}

function readTypes(r: Reader, info: ModuleInfo): void {
  for (let n = r.u32(); n > 0; n--) {
    if (r.byte() !== 0x60) return; // GC types: leave the rest, proxy-wasm modules have none
    let params = "";
    let results = "";
    for (let k = r.u32(); k > 0; k--) params += r.valueType();
    for (let k = r.u32(); k > 0; k--) results += r.valueType();
    info.types.push({ params, results });
  }
}

function readImports(r: Reader, info: ModuleInfo, functionTypes: number[]): void {
  for (let n = r.u32(); n > 0; n--) {
    const item: ModuleImport = { module: r.name(), name: r.name(), kind: KINDS[r.byte()] ?? "tag" };
    if (item.kind === "function") {
      const type = r.u32();
      functionTypes.push(type);
      item.type = info.types[type];
    } else if (item.kind === "table") {
      r.valueType();
      Object.assign(item, r.limits());
    } else if (item.kind === "memory") {
      Object.assign(item, r.limits());
      info.memory = { minimum: item.minimum ?? 0, maximum: item.maximum, imported: true };
    } else if (item.kind === "global") {
      r.valueType();
      r.byte();
    } else {
      r.byte();
      r.u32();
    }
    info.imports.push(item);
  }
}

function readCustom(r: Reader, info: ModuleInfo): void {
  const name = r.name();
  info.custom.push(name);
  if (name !== "name") return;
  while (r.at < r.end) {
    const id = r.byte();
    const part = r.sub(r.u32());
    if (id !== 1) continue;
    for (let n = part.u32(); n > 0; n--) info.names.set(part.u32(), part.name());
  }
}

const SPELLED: Record<string, string> = { i: "i32", I: "i64", f: "f32", F: "f64", x: "ref" };

/** A signature as the host prints it: `i32 i32 -> i32`, `void -> void`. */
export function spellSignature(type: FunctionType): string {
  const list = (letters: string) => [...letters].map((c) => SPELLED[c]).join(" ") || "void";
  return `${list(type.params)} -> ${list(type.results)}`;
}
