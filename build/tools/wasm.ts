/** A function type of a module, written as text: `i32 i32 -> i32`, `-> ` without a result. */
export type Signature = string;

export interface WasmImport {
  module: string;
  name: string;
  kind: "function" | "table" | "memory" | "global" | "tag";
  /** Only of functions. */
  signature: Signature | null;
}

export interface WasmExport {
  name: string;
  kind: WasmImport["kind"];
  signature: Signature | null;
}

/** The parts of a WebAssembly binary that a gateway looks at before it loads it. */
export interface WasmSummary {
  imports: WasmImport[];
  /** In the order of the export section: gateways stop at the first ABI marker they know. */
  exports: WasmExport[];
  /** Limits of the module's own memory in 64 KiB pages; null when it defines none. */
  memory: { min: number; max: number | null } | null;
}

const KINDS = ["function", "table", "memory", "global", "tag"] as const;
const VALUE_TYPES: Record<number, string> = {
  0x7f: "i32",
  0x7e: "i64",
  0x7d: "f32",
  0x7c: "f64",
  0x7b: "v128",
  0x70: "funcref",
  0x6f: "externref",
};
const enum Section {
  Type = 1,
  Import = 2,
  Function = 3,
  Memory = 5,
  Export = 7,
  Code = 10,
  Data = 11,
}

/** A cursor over a WebAssembly binary. */
class Cursor {
  position = 0;
  private readonly text = new TextDecoder();

  constructor(
    private readonly bytes: Uint8Array,
    readonly end = bytes.length,
  ) {}

  byte(): number {
    const value = this.bytes[this.position++];
    if (value === undefined) throw new Error("the binary is cut short");
    return value;
  }

  /** An unsigned LEB128 number. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  name(): string {
    const length = this.number();
    const start = this.position;
    this.position += length;
    return this.text.decode(this.bytes.subarray(start, this.position));
  }

  list<T>(read: () => T): T[] {
    return Array.from({ length: this.number() }, read);
  }

  limits(): { min: number; max: number | null } {
    const flags = this.byte();
    const min = this.number();
    return { min, max: flags & 1 ? this.number() : null };
  }

  valueType(): string {
    const code = this.byte();
    return VALUE_TYPES[code] ?? `type 0x${code.toString(16)}`;
  }
}

/**
 * Reads the type, import, memory and export sections of a WebAssembly binary.
 *
 * @throws Error when the bytes are no WebAssembly module of version 1
 */
export function readWasm(bytes: Uint8Array): WasmSummary {
  const cursor = new Cursor(bytes);
  const header = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  if (bytes.length < 8 || header.some((byte, at) => bytes[at] !== byte)) {
    throw new Error("not a WebAssembly module");
  }
  cursor.position = 8;

  let types: Signature[] = [];
  let imports: WasmImport[] = [];
  let functions: number[] = [];
  let exports: { name: string; kind: WasmExport["kind"]; index: number }[] = [];
  let memory: WasmSummary["memory"] = null;

  while (cursor.position < cursor.end) {
    const id = cursor.byte();
    const next = cursor.number() + cursor.position;
    if (id === Section.Type) types = cursor.list(() => readType(cursor));
    if (id === Section.Import) imports = cursor.list(() => readImport(cursor, types));
    if (id === Section.Function) functions = cursor.list(() => cursor.number());
    if (id === Section.Memory) memory = cursor.list(() => cursor.limits())[0] ?? null;
    if (id === Section.Export) exports = cursor.list(() => readExport(cursor));
    cursor.position = next;
  }

  const imported = imports.filter((entry) => entry.kind === "function");
  const signatureOf = (index: number): Signature | null =>
    index < imported.length
      ? (imported[index]?.signature ?? null)
      : (types[functions[index - imported.length] ?? -1] ?? null);
  return {
    imports,
    memory,
    exports: exports.map(({ name, kind, index }) => ({
      name,
      kind,
      signature: kind === "function" ? signatureOf(index) : null,
    })),
  };
}

/** Where a module's bytes hold static data, and for which address of its memory. */
export interface DataSegment {
  address: number;
  /** Offsets in the module. */
  start: number;
  end: number;
}

/** The active data segments of a module with one memory; others it does not know. */
export function dataSegments(bytes: Uint8Array): DataSegment[] {
  const cursor = new Cursor(bytes);
  cursor.position = 8;
  while (cursor.position < cursor.end) {
    const id = cursor.byte();
    const next = cursor.number() + cursor.position;
    if (id === (Section.Data as number)) return cursor.list(() => readSegment(cursor));
    cursor.position = next;
  }
  return [];
}

/** Offsets in a module. */
export interface Range {
  start: number;
  end: number;
}

/**
 * Where the code of a module's own functions is.
 *
 * @returns the section, with the offset of its head, and the functions without their lengths
 * @throws Error when there is none
 */
export function codeSection(bytes: Uint8Array): {
  section: Range & { before: number };
  bodies: Range[];
} {
  const cursor = new Cursor(bytes);
  cursor.position = 8;
  while (cursor.position < cursor.end) {
    const before = cursor.position;
    const id = cursor.byte();
    const length = cursor.number();
    const start = cursor.position;
    const end = start + length;
    if (id === (Section.Code as number)) {
      return { section: { before, start, end }, bodies: cursor.list(() => skipBody(cursor)) };
    }
    cursor.position = end;
  }
  throw new Error("the module has no code");
}

function skipBody(cursor: Cursor): Range {
  const length = cursor.number();
  const start = cursor.position;
  cursor.position += length;
  return { start, end: cursor.position };
}

function readSegment(cursor: Cursor): DataSegment {
  if (cursor.byte() !== 0 || cursor.byte() !== 0x41) throw new Error("not an active segment");
  const address = cursor.number(); // below 2 GiB, so never negative
  cursor.byte();
  const length = cursor.number();
  const start = cursor.position;
  cursor.position += length;
  return { address, start, end: cursor.position };
}

function readType(cursor: Cursor): Signature {
  const form = cursor.byte();
  if (form !== 0x60) throw new Error(`type form 0x${form.toString(16)} is not a function type`);
  const parameters = cursor.list(() => cursor.valueType());
  const results = cursor.list(() => cursor.valueType());
  return signature(parameters, results);
}

function readImport(cursor: Cursor, types: Signature[]): WasmImport {
  const module = cursor.name();
  const name = cursor.name();
  const kind = KINDS[cursor.byte()] ?? "tag";
  if (kind === "function") {
    return { module, name, kind, signature: types[cursor.number()] ?? null };
  }
  if (kind === "memory") cursor.limits();
  if (kind === "table") {
    cursor.byte();
    cursor.limits();
  }
  if (kind === "global" || kind === "tag") {
    cursor.byte();
    cursor.number();
  }
  return { module, name, kind, signature: null };
}

function readExport(cursor: Cursor): { name: string; kind: WasmExport["kind"]; index: number } {
  const name = cursor.name();
  const kind = KINDS[cursor.byte()] ?? "tag";
  return { name, kind, index: cursor.number() };
}

/** Writes a function type the way `WasmSummary` does. */
export function signature(parameters: string[], results: string[]): Signature {
  return `${parameters.join(" ")} -> ${results.join(" ")}`.trim();
}
