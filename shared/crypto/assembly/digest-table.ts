import { equalsConstantTime, Slice } from "@ai-gateway-wasm/bytes";

/** Bytes of a digest. */
const SIZE: i32 = 32;

/**
 * 256-bit digests and a value for each: one look-up costs the same with ten entries and with ten
 * thousand.
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
  private digests: StaticArray<u8> = new StaticArray<u8>(8 * SIZE);
  private values: (V | null)[] = [];
  private slots: StaticArray<i32> = new StaticArray<i32>(16);

  /** Number of digests. */
  get size(): i32 {
    return this.values.length;
  }

  /** The value of a digest; null when it is unknown or blocked. */
  find(digest: Slice): V | null {
    const position = this.positionOf(digest);
    return position < 0 ? null : this.values[position];
  }

  /** True for known digests, blocked ones included. */
  has(digest: Slice): bool {
    return this.positionOf(digest) >= 0;
  }

  /** Adds a digest of 32 bytes that is not in the table yet; the bytes are copied. */
  add(digest: Slice, value: V): void {
    const position = this.values.length;
    if ((position + 1) * SIZE > this.digests.length) this.growDigests();
    memory.copy(
      changetype<usize>(this.digests) + <usize>(position * SIZE),
      digest.ptr,
      min(SIZE, digest.length),
    );
    this.values.push(value);
    this.slots[this.slotOf(digest)] = position + 1;
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
    return this.slots[this.slotOf(digest)] - 1;
  }

  private digestAt(position: i32): Slice {
    return Slice.of(this.digests).sub(position * SIZE, position * SIZE + SIZE);
  }

  /** The slot that holds `digest`, or the free one where it belongs. */
  private slotOf(digest: Slice): i32 {
    const mask = this.slots.length - 1;
    const start = digest.at(0) | (digest.at(1) << 8) | (digest.at(2) << 16);
    let slot = start & mask;
    while (this.slots[slot] != 0) {
      if (equalsConstantTime(this.digestAt(this.slots[slot] - 1), digest)) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  private growDigests(): void {
    const grown = new StaticArray<u8>(this.digests.length << 1);
    memory.copy(changetype<usize>(grown), changetype<usize>(this.digests), this.digests.length);
    this.digests = grown;
  }

  private growSlots(): void {
    this.slots = new StaticArray<i32>(this.slots.length << 1);
    for (let i = 0; i < this.values.length; i++) this.slots[this.slotOf(this.digestAt(i))] = i + 1;
  }
}
