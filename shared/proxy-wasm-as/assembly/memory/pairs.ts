import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { isHeaderName, isHeaderValue } from "./header-value";

export const COMMA: u8 = 0x2c;
/** Hosts take at most this many pairs; more are silently treated as none (host.md 6.4). */
const MAX_PAIRS: i32 = 1024;
/** Hosts take at most this many bytes of serialised pairs; more are silently treated as none. */
const MAX_PAIRS_SIZE: i32 = 1 << 20;

/**
 * Name and value pairs in the host's serialised form (host.md 6.4), little endian:
 *
 *   u32 count │ count × (u32 name length, u32 value length) │ count × (name NUL value NUL)
 *
 * Reads are bounds-checked: a malformed block has no pairs.
 */
@final
export class Pairs {
  readonly count: i32;
  /** The pair that `position` is the start of. */
  private index: i32 = 0;
  private position: i32;

  constructor(private readonly data: Slice) {
    this.count = countOf(data);
    this.position = 4 + this.count * 8;
  }

  name(index: i32): Slice {
    return this.part(index, false);
  }

  value(index: i32): Slice {
    return this.part(index, true);
  }

  /**
   * The first value of `name`, or null. Gateways deliver names in lower case, test emulators as the
   * test wrote them, so their case does not matter.
   *
   * @param name in lower case
   * @param skip how many values stand before the one that is wanted
   */
  find(name: Slice, skip: i32 = 0): Slice | null {
    const data = this.data;
    const length = name.length;
    let entry = data.ptr + 4;
    let at = entry + <usize>(this.count * 8);
    for (const end = at; entry < end; entry += 8) {
      const nameLength = load<i32>(entry);
      const valueLength = load<i32>(entry, 4);
      if (nameLength == length && isName(at, name) && skip-- == 0) {
        // The table was held against the block's length.
        return new Slice(at + <usize>(nameLength + 1), valueLength, data.owner);
      }
      at += <usize>(nameLength + valueLength + 2);
    }
    return null;
  }

  /**
   * All values of `name` as one, which means the same (RFC 9110, 5.3), or null.
   *
   * @param name in lower case
   * @param separator what stands between them, before a blank
   */
  joined(name: Slice, separator: u8 = COMMA): Slice | null {
    let all = this.find(name);
    let isFirst = true;
    for (let i = 0; i < this.count && all !== null; i++) {
      if (this.lengthAt(i * 2) != name.length || !isName(this.name(i).ptr, name)) continue;
      if (!isFirst) {
        const value = this.value(i);
        const both = new Builder(all.length + value.length + 2).append(all);
        all = both.appendByte(separator).appendByte(0x20).append(value).view();
      }
      isFirst = false;
    }
    return all;
  }

  private part(index: i32, value: bool): Slice {
    if (<u32>index >= <u32>this.count) return NO_BYTES;
    this.seek(index);
    const nameLength = this.lengthAt(index * 2);
    const at = this.position;
    if (!value) return this.data.sub(at, at + nameLength);
    const start = at + nameLength + 1;
    return this.data.sub(start, start + this.lengthAt(index * 2 + 1));
  }

  /** Moves `position` to a pair; walking over all pairs in order costs one step each. */
  private seek(index: i32): void {
    if (index < this.index) {
      this.index = 0;
      this.position = 4 + this.count * 8;
    }
    for (; this.index < index; this.index++) {
      this.position += this.lengthAt(this.index * 2) + this.lengthAt(this.index * 2 + 1) + 2;
    }
  }

  private lengthAt(position: i32): i32 {
    return load<i32>(this.data.ptr + <usize>(4 + position * 4));
  }
}

/** @param name in lower case, as many bytes as there are at `at` */
function isName(at: usize, name: Slice): bool {
  for (let i: usize = 0; i < <usize>name.length; i++) {
    const byte = load<u8>(at + i);
    if ((byte - 0x41 < 26 ? byte | 0x20 : byte) != load<u8>(name.ptr + i)) return false;
  }
  return true;
}

/** The number of pairs, 0 when the block is not exactly as long as its own table says. */
function countOf(data: Slice): i32 {
  if (data.length < 4) return 0;
  const count = load<i32>(data.ptr);
  if (count <= 0 || count > (data.length - 4) / 10) return 0;
  let size: u64 = 4;
  for (let i = 0; i < count; i++) {
    size += <u64>load<u32>(data.ptr + <usize>(4 + i * 8));
    size += <u64>load<u32>(data.ptr + <usize>(8 + i * 8)) + 10;
  }
  return size == <u64>data.length ? count : 0;
}

/**
 * Collects pairs and serialises them for the host. What cannot be a header is left out, and so is
 * what would make hosts take the whole list for an empty one (host.md 6.4).
 */
@final
export class PairsBuilder {
  private names: Slice[] = [];
  private values: Slice[] = [];
  private size: i32 = 4;
  private complete: bool = true;

  add(name: Slice, value: Slice): PairsBuilder {
    const size = this.size + 10 + name.length + value.length;
    if (
      this.names.length == MAX_PAIRS ||
      size > MAX_PAIRS_SIZE ||
      !isHeaderName(name) ||
      !isHeaderValue(value)
    ) {
      this.complete = false;
      return this;
    }
    this.size = size;
    this.names.push(name);
    this.values.push(value);
    return this;
  }

  /** A builder with the same pairs so far. */
  copy(): PairsBuilder {
    const other = new PairsBuilder();
    other.names = this.names.slice(0);
    other.values = this.values.slice(0);
    other.size = this.size;
    other.complete = this.complete;
    return other;
  }

  get count(): i32 {
    return this.names.length;
  }

  /** False when a pair was left out. */
  get isComplete(): bool {
    return this.complete;
  }

  /** The serialised form in memory of its own; no bytes for no pairs. */
  build(): Slice {
    const count = this.names.length;
    if (count == 0) return NO_BYTES;
    const block = new StaticArray<u8>(this.size);
    let table = changetype<usize>(block);
    let at = table + <usize>(4 + count * 8);
    store<i32>(table, count);
    table += 4;
    for (let i = 0; i < count; i++) {
      const name = this.names[i];
      const value = this.values[i];
      store<i32>(table, name.length);
      store<i32>(table, value.length, 4);
      table += 8;
      memory.copy(at, name.ptr, name.length);
      at += <usize>(name.length + 1);
      memory.copy(at, value.ptr, value.length);
      at += <usize>(value.length + 1);
    }
    return Slice.of(block);
  }
}

/** A property path: its segments joined by NUL, as hosts want it (host.md 5.1). */
export function propertyPath(segments: string[]): Slice {
  const path = new Builder();
  for (let i = 0; i < segments.length; i++) {
    if (i > 0) path.appendByte(0);
    path.appendText(segments[i]);
  }
  return path.toSlice();
}
