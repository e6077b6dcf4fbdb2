import { Slice, bytes } from "@ai-gateway-wasm/bytes";
import { Char, isDigit } from "./char";
import { JsonCursor } from "./cursor";
import { JsonValue } from "./value";

/** As many values of one name are kept: each takes more memory than bytes in its document. */
export const MOST_TWINS: i32 = 8192;

/** One component of a `KeyPath`. */
@final
export class KeyStep {
  constructor(
    /** The key, unescaped. */
    readonly key: Slice,
    /** The same as an array index, or -1. */
    readonly index: i32,
    /** `#`: every element of an array. Only in paths compiled with `allowEach`. */
    readonly isEach: bool,
  ) {}

  /** Whether this step names the entry the cursor is at, the `count`-th of its walk. */
  names(cursor: JsonCursor, count: i32): bool {
    if (cursor.hasKeys) return cursor.keyIs(this.key);
    return this.isEach || this.index == count;
  }

  /** The child this step names, or null. A step of digits is an index on an array. */
  read(value: JsonValue): JsonValue | null {
    return value.isArray ? value.item(this.index) : value.get(this.key);
  }
}

/** A plain path: keys and indexes joined by dots. The small sister of `JsonPath`. */
@final
export class KeyPath {
  constructor(readonly steps: StaticArray<KeyStep>) {}

  /** The value at the path (the first one where keys repeat), or null. */
  read(root: JsonValue | null): JsonValue | null {
    let value = root;
    for (let i = 0; i < this.steps.length; i++) {
      if (value === null) return null;
      value = this.steps[i].read(value);
    }
    return value;
  }

  /**
   * Every value at the path in document order: more than one where keys repeat, but no more than
   * `MOST_TWINS`.
   */
  readAll(root: JsonValue): JsonValue[] {
    const found: JsonValue[] = [];
    this.collect(root.entries(), 0, found);
    return found;
  }

  /** Recursion is bounded by the path (64 components), not by the document. */
  private collect(cursor: JsonCursor, depth: i32, found: JsonValue[]): void {
    const step = this.steps[depth];
    const isLast = depth + 1 == this.steps.length;
    for (let count = 0; found.length < MOST_TWINS && cursor.next(); count++) {
      if (!step.names(cursor, count)) continue;
      if (isLast) found.push(cursor.value);
      else this.collect(cursor.inner(), depth + 1, found);
    }
  }
}

/**
 * Compiles `a.b`, `a\.b` (a literal dot) and `messages.0`. Null for anything GJSON would read in
 * another way (`* ? # @ |`, `[` or `{` or `!` at the start of a component), for an empty component
 * and for more than 64 components.
 *
 * @param allowEach lets a component `#` through: "every element", for edits
 */
export function compileKeyPath(text: string, allowEach: bool = false): KeyPath | null {
  const path = bytes(text);
  const steps = new Array<KeyStep>();
  let at = 0;
  while (at <= path.length) {
    const end = endOfComponent(path, at);
    const step = readStep(path.sub(at, end), allowEach);
    if (step === null || steps.length == 64) return null;
    steps.push(step);
    at = end + 1;
  }
  return new KeyPath(StaticArray.fromArray(steps));
}

function endOfComponent(path: Slice, at: i32): i32 {
  while (at < path.length && path.at(at) != Char.Dot) {
    at += path.at(at) == Char.Backslash ? 2 : 1;
  }
  return min(at, path.length);
}

function readStep(component: Slice, allowEach: bool): KeyStep | null {
  const first = component.at(0);
  if (allowEach && component.length == 1 && first == Char.Hash) {
    return new KeyStep(component, -1, true);
  }
  if (first < 0 || first == Char.OpenSquare || first == Char.OpenCurly || first == Char.Bang) {
    return null;
  }
  const key = new StaticArray<u8>(component.length);
  let length = 0;
  for (let i = 0; i < component.length; i++) {
    let byte = component.at(i);
    if (byte == Char.Backslash) byte = component.at(++i);
    else if (isReserved(byte)) return null;
    if (byte < 0) return null; // a backslash at the very end
    key[length++] = <u8>byte;
  }
  const name = Slice.of(key).sub(0, length);
  return new KeyStep(name, parseIndex(name), false);
}

function isReserved(byte: i32): bool {
  return (
    byte == Char.Star ||
    byte == Char.Question ||
    byte == Char.Hash ||
    byte == Char.At ||
    byte == Char.Pipe
  );
}

/** A decimal index with leading zeros allowed, or -1. */
export function parseIndex(text: Slice): i32 {
  if (text.length == 0) return -1;
  let index: i64 = 0;
  for (let i = 0; i < text.length; i++) {
    if (!isDigit(text.at(i))) return -1;
    index = index * 10 + (text.at(i) - Char.Zero);
    if (index > i32.MAX_VALUE) return -1;
  }
  return <i32>index;
}
