import { Slice } from "@ai-gateway-wasm/bytes";

/**
 * Digests of 256 bits, or of another size, and a value for each: one look-up costs the same with ten
 * entries and with ten thousand.
 *
 *   digests  │ 32 bytes │ 32 bytes │ …   in order of insertion
 *   values   │ V        │ V        │ …   same order; null: known but blocked
 *   slots    hash table of positions + 1, at most half full
 *
 * The slot is taken from the digest. Look up digests of what a client sent, never what it sent:
 * then neither collisions nor timing can be steered towards a stored entry.
 */
@final
export class DigestTable<V> {
  private digests: StaticArray<u8>;
  private values: (V | null)[] = [];
  private slots: StaticArray<i32> = new StaticArray<i32>(16);

  /** @param width bytes of each digest, a multiple of 8 */
  constructor(private readonly width: i32 = 32) {
    this.digests = new StaticArray<u8>(8 * width);
  }

  /** Number of digests. */
  get size(): i32 {
    return this.values.length;
  }

  /**
   * The value of a digest of the table's width (all methods take no other length); null when it is
   * unknown or blocked.
   */
  find(digest: Slice): V | null {
    const position = this.positionOf(digest);
    return position < 0 ? null : this.values[position];
  }

  /** True for known digests, blocked ones included. */
  has(digest: Slice): bool {
    return this.positionOf(digest) >= 0;
  }

  /** Adds a digest that is not in the table yet; the bytes are copied. */
  add(digest: Slice, value: V): void {
    const position = this.values.length;
    const width = this.width;
    if ((position + 1) * width > this.digests.length) this.growDigests();
    memory.copy(changetype<usize>(this.digests) + <usize>(position * width), digest.ptr, width);
    this.values.push(value);
    this.slots[this.slotOf(digest.ptr)] = position + 1;
    if (this.values.length << 1 > this.slots.length) this.growSlots();
  }

  /** Makes a digest known but without value. */
  block(digest: Slice): void {
    const position = this.positionOf(digest);
    if (position >= 0) this.values[position] = null;
  }

  /** The value that was added as number `position`, counted from 0; null: blocked. */
  valueAt(position: i32): V | null {
    return this.values[position];
  }

  private positionOf(digest: Slice): i32 {
    return this.slots[this.slotOf(digest.ptr)] - 1;
  }

  /** The slot that holds the digest at `ptr`, or the free one where it belongs. */
  private slotOf(ptr: usize): i32 {
    const width = this.width;
    const digests = changetype<usize>(this.digests);
    const mask = this.slots.length - 1;
    let slot = (<i32>load<u32>(ptr)) & mask;
    while (true) {
      const position = this.slots[slot] - 1;
      if (position < 0 || isSame(digests + <usize>(position * width), ptr, width)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  private growDigests(): void {
    const grown = new StaticArray<u8>(this.digests.length << 1);
    memory.copy(changetype<usize>(grown), changetype<usize>(this.digests), this.digests.length);
    this.digests = grown;
  }

  private growSlots(): void {
    this.slots = new StaticArray<i32>(this.slots.length << 1);
    const digests = changetype<usize>(this.digests);
    for (let i = 0; i < this.values.length; i++) {
      this.slots[this.slotOf(digests + <usize>(i * this.width))] = i + 1;
    }
  }
}

/** Compares all bytes, wherever they differ. */
function isSame(left: usize, right: usize, width: i32): bool {
  let difference: u64 = 0;
  for (let i: usize = 0; i < <usize>width; i += 8) {
    difference |= load<u64>(left + i) ^ load<u64>(right + i);
  }
  return difference == 0;
}
