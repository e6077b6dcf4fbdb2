/** Type code of each letter: i = i32, I = i64. */
const TYPES: Record<string, number> = { i: 0x7f, I: 0x7e };

/** Magic number and version. */
const HEADER = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** A module to write: names with signatures such as `iii>i`; exported functions have no code to run. */
export interface Sketch {
  imports?: [module: string, name: string, signature: string][];
  exports?: [name: string, signature: string][];
  memory?: boolean;
}

/** Writes the smallest WebAssembly module with these imports and exports. */
export function assemble({ imports = [], exports = [], memory = true }: Sketch): Uint8Array {
  const signatures = [...imports.map((entry) => entry[2]), ...exports.map((entry) => entry[1])];
  const results = exports.map((entry) => entry[1].split(">")[1] ?? "");
  const bytes = [
    ...HEADER,
    ...section(1, signatures.map(functionType)),
    ...section(
      2,
      imports.map(([module, name], at) => [...text(module), ...text(name), 0, at]),
    ),
    ...section(
      3,
      exports.map((_, at) => [imports.length + at]),
    ),
    ...section(5, memory ? [[0, 1]] : []),
    ...section(7, [
      ...exports.map(([name], at) => [...text(name), 0, imports.length + at]),
      ...(memory ? [[...text("memory"), 2, 0]] : []),
    ]),
    ...section(
      10,
      results.map((result) => body(result)),
    ),
  ];
  return Uint8Array.from(bytes);
}

function functionType(signature: string): number[] {
  const [parameters = "", results = ""] = signature.split(">");
  const codes = (letters: string): number[] => [...letters].map((letter) => TYPES[letter] ?? 0);
  return [0x60, parameters.length, ...codes(parameters), results.length, ...codes(results)];
}

function body(result: string): number[] {
  const code = result === "I" ? [0x42, 0] : result === "i" ? [0x41, 0] : [];
  return [code.length + 2, 0, ...code, 0x0b];
}

function section(id: number, entries: number[][]): number[] {
  if (entries.length === 0) return [];
  const content = [...number(entries.length), ...entries.flat()];
  return [id, ...number(content.length), ...content];
}

function text(value: string): number[] {
  return [value.length, ...Buffer.from(value)];
}

function number(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(value >>> 7)];
}
