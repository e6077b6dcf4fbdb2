import { EXPOSED } from "./rewrite.js";

const WASM_PAGE = 65536;
/** Memory that nobody wrote to costs nothing until then, so only what differs is written. */
const PIECE = 4096;

type Exports = Record<string, unknown>;

/** What its start functions made of an instance. */
export interface Snapshot {
  /** Bytes of the whole memory. */
  size: number;
  /** Pieces of memory that the start functions changed, by address. */
  pieces: ReadonlyMap<number, Uint8Array>;
  /** By their exports' names; those that can be set. */
  globals: ReadonlyMap<string, number | bigint>;
}

/**
 * @param before the memory as it was when the module was instantiated
 * @returns null: a global cannot be read (v128)
 */
export function takeSnapshot(
  before: Uint8Array,
  memory: WebAssembly.Memory,
  exports: Exports,
): Snapshot | null {
  const globals = new Map<string, number | bigint>();
  for (const [name, global] of exposed(exports)) {
    try {
      const value = global.value as number | bigint;
      if (isMutable(global, value)) globals.set(name, value);
    } catch {
      return null;
    }
  }
  const bytes = new Uint8Array(memory.buffer);
  const pieces = new Map<number, Uint8Array>();
  for (let at = 0; at < bytes.length; at += PIECE) {
    const piece = bytes.subarray(at, at + PIECE);
    const old = at < before.length ? before.subarray(at, at + PIECE) : new Uint8Array(PIECE);
    if (piece.some((byte, i) => byte !== old[i])) pieces.set(at, piece.slice());
  }
  return { size: bytes.length, pieces, globals };
}

/** Makes of a new instance of the same module what the other one was. */
export function restore(
  { size, pieces, globals }: Snapshot,
  memory: WebAssembly.Memory,
  exports: Exports,
): void {
  const missing = (size - memory.buffer.byteLength) / WASM_PAGE;
  if (missing > 0) memory.grow(missing);
  const bytes = new Uint8Array(memory.buffer);
  for (const [at, piece] of pieces) bytes.set(piece, at);
  for (const [name, value] of globals) (exports[name] as WebAssembly.Global).value = value;
}

function exposed(exports: Exports): [string, WebAssembly.Global][] {
  return Object.entries(exports).filter(
    (entry): entry is [string, WebAssembly.Global] =>
      entry[0].startsWith(EXPOSED) && entry[1] instanceof WebAssembly.Global,
  );
}

function isMutable(global: WebAssembly.Global, value: number | bigint): boolean {
  try {
    global.value = value;
    return true;
  } catch {
    return false;
  }
}
