/**
 * A hash table keyed by u32 ids, for contexts and call tokens: set, find, remove. Open addressing
 * with linear probing, at most half full; removal closes the gap, so there are no tombstones.
 * It shrinks never: its size is that of the largest number of entries that lived at once.
 */
@final
export class IdTable<V> {
  private ids: StaticArray<u32> = new StaticArray<u32>(16);
  private values: StaticArray<V | null> = new StaticArray<V | null>(16);
  private count: i32 = 0;

  get size(): i32 {
    return this.count;
  }

  find(id: u32): V | null {
    return unchecked(this.values[this.slotOf(id)]);
  }

  set(id: u32, value: V): void {
    const slot = this.slotOf(id);
    if (this.values[slot] === null) this.count++;
    this.ids[slot] = id;
    this.values[slot] = value;
    if (this.count << 1 > this.ids.length) this.grow();
  }

  /** Removes and returns the value of `id`, or null. */
  take(id: u32): V | null {
    const slot = this.slotOf(id);
    const value = this.values[slot];
    if (value !== null) {
      this.count--;
      this.closeGap(slot);
    }
    return value;
  }

  /** Keeps only the entries whose id passes. Allocates nothing. */
  retain(passes: (id: u32) => bool): void {
    for (let slot = 0; slot < this.ids.length; slot++) {
      // Closing a gap may put a later entry into this slot, which has to pass as well.
      while (this.values[slot] !== null && !passes(this.ids[slot])) {
        this.count--;
        this.closeGap(slot);
      }
    }
  }

  /** The slot that holds `id`, or the free one where it belongs. */
  private slotOf(id: u32): i32 {
    const mask = this.ids.length - 1;
    let slot = (<i32>(id * 0x9e3779b1)) & mask;
    // The mask keeps the slot inside.
    while (unchecked(this.values[slot]) !== null && unchecked(this.ids[slot]) != id) {
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** Moves later entries of the probe sequence back so that lookups never meet a hole. */
  private closeGap(gap: i32): void {
    const mask = this.ids.length - 1;
    this.values[gap] = null;
    let slot = (gap + 1) & mask;
    while (this.values[slot] !== null) {
      const id = this.ids[slot];
      const value = this.values[slot];
      this.values[slot] = null;
      const home = this.slotOf(id);
      this.ids[home] = id;
      this.values[home] = value;
      slot = (slot + 1) & mask;
    }
  }

  private grow(): void {
    const ids = this.ids;
    const values = this.values;
    this.ids = new StaticArray<u32>(ids.length << 1);
    this.values = new StaticArray<V | null>(ids.length << 1);
    for (let i = 0; i < ids.length; i++) {
      const value = values[i];
      if (value === null) continue;
      const slot = this.slotOf(ids[i]);
      this.ids[slot] = ids[i];
      this.values[slot] = value;
    }
  }
}
