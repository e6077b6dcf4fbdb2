import { decodeUtf8, encodeUtf8, utf8Length } from "./utf8";

/**
 * A read-only view of bytes that live somewhere else: host memory of the running callback, static
 * data, or an array of ours.
 *
 *   owner !== null   the bytes live as long as the slice (configuration, constants, builders)
 *   owner === null   the bytes belong to the callback arena: use them before the callback returns,
 *                    or keep `copy()`
 *
 * Out-of-range positions never trap: `at` answers -1, `sub` clamps.
 */
@final
export class Slice {
  constructor(
    /** Address of the first byte; only meaningful inside `shared/`. */
    readonly ptr: usize,
    /** Length in bytes. */
    readonly length: i32,
    /** What keeps the bytes alive; null: the callback arena. */
    readonly owner: StaticArray<u8> | null = null,
  ) {}

  /** A view of a whole array, which it keeps alive. */
  static of(array: StaticArray<u8>): Slice {
    return new Slice(changetype<usize>(array), array.length, array);
  }

  get isEmpty(): bool {
    return this.length == 0;
  }

  /** The byte at `index`, or -1 outside the slice. */
  at(index: i32): i32 {
    return <u32>index < <u32>this.length ? <i32>load<u8>(this.ptr + <usize>index) : -1;
  }

  /** The bytes in `[start, end)`, clamped to the slice. Shares memory with this slice. */
  sub(start: i32, end: i32 = i32.MAX_VALUE): Slice {
    const from = max(0, min(start, this.length));
    const to = max(from, min(end, this.length));
    return new Slice(this.ptr + <usize>from, to - from, this.owner);
  }

  equals(other: Slice): bool {
    return this.length == other.length && sameBytes(this.ptr, other.ptr, this.length);
  }

  /** Byte order, shorter first on a common prefix: negative, zero or positive. */
  compare(other: Slice): i32 {
    const order = memory.compare(this.ptr, other.ptr, min(this.length, other.length));
    return order != 0 ? order : this.length - other.length;
  }

  startsWith(prefix: Slice): bool {
    return this.length >= prefix.length && sameBytes(this.ptr, prefix.ptr, prefix.length);
  }

  endsWith(suffix: Slice): bool {
    const start = this.length - suffix.length;
    return start >= 0 && sameBytes(this.ptr + <usize>start, suffix.ptr, suffix.length);
  }

  /** Position of the first `byte` at or after `from`, or -1. */
  indexOf(byte: u8, from: i32 = 0): i32 {
    for (let i = max(0, from); i < this.length; i++) {
      if (load<u8>(this.ptr + <usize>i) == byte) return i;
    }
    return -1;
  }

  /** Position of the last `byte`, or -1. */
  lastIndexOf(byte: u8): i32 {
    for (let i = this.length - 1; i >= 0; i--) {
      if (load<u8>(this.ptr + <usize>i) == byte) return i;
    }
    return -1;
  }

  /** Position of the first occurrence of `part` at or after `from`, or -1. An empty part is found at `from`. */
  find(part: Slice, from: i32 = 0): i32 {
    const last = this.length - part.length;
    for (let i = max(0, from); i <= last; i++) {
      if (sameBytes(this.ptr + <usize>i, part.ptr, part.length)) return i;
    }
    return -1;
  }

  /** The same bytes in memory of their own: safe to keep after the callback. */
  copy(): Slice {
    const array = new StaticArray<u8>(this.length);
    memory.copy(changetype<usize>(array), this.ptr, this.length);
    return Slice.of(array);
  }

  /** This slice if it already owns its bytes, else a copy that does. */
  kept(): Slice {
    if (this.owner !== null) return this;
    // Not by way of `copy`: so short, it would stand in each caller.
    const array = new StaticArray<u8>(this.length);
    memory.copy(changetype<usize>(array), this.ptr, this.length);
    return Slice.of(array);
  }

  /** The bytes as text; malformed UTF-8 becomes U+FFFD. For configuration and log lines only. */
  toString(): string {
    return decodeUtf8(this.ptr, this.length);
  }
}

/**
 * Equality of two ranges, eight bytes at a time. Only for `shared/`. The compiler would put its own
 * `memory.compare`, 250 bytes of code, into every caller.
 */
export function sameBytes(left: usize, right: usize, length: i32): bool {
  const end = left + <usize>length;
  while (left + 8 <= end) {
    if (load<u64>(left) != load<u64>(right)) return false;
    left += 8;
    right += 8;
  }
  while (left < end) {
    if (load<u8>(left++) != load<u8>(right++)) return false;
  }
  return true;
}

/** The UTF-8 bytes of `text`, for constants and configuration. */
export function bytes(text: string): Slice {
  const array = new StaticArray<u8>(utf8Length(text));
  encodeUtf8(text, changetype<usize>(array));
  return Slice.of(array);
}

/** No bytes. */
export const NO_BYTES: Slice = Slice.of(new StaticArray<u8>(0));
