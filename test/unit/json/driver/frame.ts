import { Builder, Slice } from "@ai-gateway-wasm/bytes";

/*
 * How the tests talk to a driver: JavaScript writes the arguments into the memory `input` reserves,
 * each one as a 32-bit little-endian length and its bytes, calls an operation, and reads its output
 * at `outputAt`, `outputLength`. A length of -1 says null.
 */

let frame: StaticArray<u8> = new StaticArray<u8>(0);
const output: Builder = new Builder(1024);
let isNull: bool = false;

/** Reserves memory for the arguments of the next call; frees what the last call left. */
export function input(size: i32): usize {
  __collect();
  frame = new StaticArray<u8>(size);
  output.clear();
  isNull = false;
  return changetype<usize>(frame);
}

export function outputAt(): usize {
  return output.ptr;
}

export function outputLength(): i32 {
  return isNull ? -1 : output.length;
}

/** The argument at `index`; empty when there are fewer. */
export function argument(index: i32): Slice {
  const all = Slice.of(frame);
  let at = 0;
  while (at + 4 <= all.length) {
    const length = load<i32>(all.ptr + <usize>at);
    if (index-- == 0) return all.sub(at + 4, at + 4 + length);
    at += 4 + length;
  }
  return all.sub(0, 0);
}

/** Adds to the answer; null makes the whole answer null. */
export function answer(part: Slice | null): void {
  if (part === null) isNull = true;
  else output.append(part);
}

export function answerText(text: string): void {
  output.appendText(text);
}

/** The builder behind the answer, for operations that append by themselves. */
export function answerBuilder(): Builder {
  return output;
}
