import {
  JsonPath,
  KeyPath,
  compileKeyPath,
  compilePath,
  isValidJson,
  parseJson,
  readJson,
  setValue,
  textOf,
} from "@ai-gateway-wasm/as-json";
import { Slice, bytes } from "@ai-gateway-wasm/bytes";

/*
 * Operations of the micro benchmark (test/bench/micro/json.ts). Each works on the document that
 * JavaScript wrote into the memory `reserve` gave, and answers a length, so that the work is needed.
 */

let document: Slice = bytes("");
let path: JsonPath | null = null;
let keyPath: KeyPath | null = null;
const VALUE = bytes('"another-model"');

/** Memory for the next document or path. */
export function reserve(size: i32): usize {
  document = Slice.of(new StaticArray<u8>(size));
  return document.ptr;
}

/** Compiles the path that stands in the reserved memory. */
export function compilePaths(): void {
  path = compilePath(document.toString());
  keyPath = compileKeyPath(document.toString());
}

/** Length of the text at the compiled path. */
export function readPath(): i32 {
  const compiled = path;
  if (compiled === null) return -1;
  return textOf(compiled.read(readJson(document))).length;
}

/** The same with the plain path. */
export function readKeyPath(): i32 {
  const compiled = keyPath;
  if (compiled === null) return -1;
  return textOf(compiled.read(readJson(document))).length;
}

export function validate(): i32 {
  return isValidJson(document) ? 1 : -1;
}

export function parse(): i32 {
  return parseJson(document) === null ? -1 : 1;
}

/** Length of the document with another value at the plain path. */
export function edit(): i32 {
  const compiled = keyPath;
  if (compiled === null) return -1;
  const edited = setValue(document, compiled, VALUE);
  return edited === null ? -1 : edited.length;
}

/** Frees what the last call left, as the dispatcher of a plugin does after each callback. */
export function collect(): void {
  __collect();
}
