import { Slice } from "./slice";
import { encodeUtf8, putCodePoint, utf8Length } from "./utf8";

/** What builders have that hold nothing yet. */
const NO_BUFFER: StaticArray<u8> = new StaticArray<u8>(0);
const SMALLEST: i32 = 16;

/** A growable byte buffer. Doubles when full, so appending n bytes costs O(n). */
@final
export class Builder {
  private buffer: StaticArray<u8>;
  private used: i32 = 0;

  /** @param capacity bytes to hold before the first growth; 0: no memory until then */
  constructor(capacity: i32 = 64) {
    this.buffer = capacity > 0 ? new StaticArray<u8>(max(SMALLEST, capacity)) : NO_BUFFER;
  }

  /** Bytes written so far. */
  get length(): i32 {
    return this.used;
  }

  /** Address of the first byte; valid until the next append. Only for `shared/`. */
  get ptr(): usize {
    return changetype<usize>(this.buffer);
  }

  append(part: Slice): Builder {
    // Not by way of appendRaw, which would stand in each of a hundred callers.
    const length = part.length;
    this.reserve(length);
    memory.copy(this.ptr + <usize>this.used, part.ptr, length);
    this.used += length;
    return this;
  }

  /** Appends `length` bytes at `ptr`. Only for `shared/`. */
  appendRaw(ptr: usize, length: i32): Builder {
    this.reserve(length);
    memory.copy(this.ptr + <usize>this.used, ptr, length);
    this.used += length;
    return this;
  }

  appendByte(byte: u8): Builder {
    this.reserve(1);
    store<u8>(this.ptr + <usize>this.used, byte);
    this.used += 1;
    return this;
  }

  /** Appends the UTF-8 form of `text`. */
  appendText(text: string): Builder {
    const length = utf8Length(text);
    this.reserve(length);
    encodeUtf8(text, this.ptr + <usize>this.used);
    this.used += length;
    return this;
  }

  /** Appends one code point as UTF-8. */
  appendCodePoint(point: i32): Builder {
    this.reserve(4);
    this.used = <i32>(putCodePoint(point, this.ptr + <usize>this.used) - this.ptr);
    return this;
  }

  /** Appends the decimal digits of `value`. */
  appendInteger(value: i64): Builder {
    if (value < 0) this.appendByte(0x2d); // '-'
    // The magnitude of the smallest i64 fits u64, its negation does not fit i64.
    let rest: u64 = value < 0 ? 0 - <u64>value : <u64>value;
    let digits = 1;
    for (let probe = rest / 10; probe > 0; probe /= 10) digits++;
    this.reserve(digits);
    let at = this.ptr + <usize>(this.used + digits);
    this.used += digits;
    for (; digits > 0; digits--) {
      at -= 1;
      store<u8>(at, 0x30 + <u8>(rest % 10));
      rest /= 10;
    }
    return this;
  }

  /** Forgets the content, keeps the memory. Earlier `view()`s then show new content. */
  clear(): void {
    this.used = 0;
  }

  /** Cuts the content to its first `length` bytes; longer lengths change nothing. */
  truncate(length: i32): void {
    this.used = max(0, min(length, this.used));
  }

  /** Forgets the first bytes; the rest moves to the front. */
  drop(bytes: i32): void {
    const gone = max(0, min(bytes, this.used));
    this.used -= gone;
    memory.copy(this.ptr, this.ptr + <usize>gone, this.used);
  }

  /** The content, sharing memory with the builder: stable until the next change. */
  view(): Slice {
    return new Slice(this.ptr, this.used, this.buffer);
  }

  /** A copy of the content. */
  toSlice(): Slice {
    return this.view().copy();
  }

  /** Makes room for `extra` more bytes. Traps when the content would pass 1 GiB (the host's cap). */
  private reserve(extra: i32): void {
    const wanted = this.used + extra;
    if (wanted <= this.buffer.length) return;
    const grown = new StaticArray<u8>(max(max(SMALLEST, wanted), this.buffer.length << 1));
    memory.copy(changetype<usize>(grown), this.ptr, this.used);
    this.buffer = grown;
  }
}
