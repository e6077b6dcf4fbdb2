import { Slice } from "./slice";

/**
 * A hash table keyed by bytes: insert, find, no removal. Open addressing with linear probing, at
 * most half full. Keys are kept by reference and must own their bytes (`Slice.kept()`).
 *
 * The hash is plain FNV-1a, so the table is for keys the
 * operator wrote (names, labels). Keys that an attacker chooses must be digests first.
 */
@final
export class BytesTable<V> {
  private keys: StaticArray<Slice | null> = new StaticArray<Slice | null>(16);
  private values: StaticArray<V | null> = new StaticArray<V | null>(16);
  private count: i32 = 0;

  /** Number of entries. */
  get size(): i32 {
    return this.count;
  }

  /** The value of `key`, or null. */
  find(key: Slice): V | null {
    return this.values[this.slotOf(key)];
  }

  has(key: Slice): bool {
    return this.keys[this.slotOf(key)] !== null;
  }

  /** Sets `key` to `value`, replacing an earlier value. */
  set(key: Slice, value: V): void {
    const slot = this.slotOf(key);
    if (this.keys[slot] === null) {
      this.keys[slot] = key.kept();
      this.count++;
    }
    this.values[slot] = value;
    if (this.count << 1 > this.keys.length) this.grow();
  }

  private slotOf(key: Slice): i32 {
    const mask = this.keys.length - 1;
    let slot = hash(key) & mask;
    while (true) {
      const found = this.keys[slot];
      if (found === null || found.equals(key)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  private grow(): void {
    const keys = this.keys;
    const values = this.values;
    this.keys = new StaticArray<Slice | null>(keys.length << 1);
    this.values = new StaticArray<V | null>(keys.length << 1);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (key === null) continue;
      const slot = this.slotOf(key);
      this.keys[slot] = key;
      this.values[slot] = values[i];
    }
  }
}

function hash(key: Slice): i32 {
  let state: u32 = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) {
    state = (state ^ (<u32>load<u8>(key.ptr + <usize>i))) * 0x01000193;
  }
  return <i32>(state ^ (state >> 15));
}
