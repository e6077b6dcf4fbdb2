/** The largest code point. */
export const MAX_RUNE: i32 = 0x10ffff;

/**
 * A set of code points: the bounds of its ranges, both inclusive, `lo hi lo hi …`. Ranges are added
 * in any order; `normalised` sorts and joins them.
 */
@final
export class CharSet {
  private bounds: i32[] = [];

  static of(lo: i32, hi: i32): CharSet {
    return new CharSet().add(lo, hi);
  }

  /** Number of ranges. */
  get count(): i32 {
    return this.bounds.length >> 1;
  }

  lo(index: i32): i32 {
    return this.bounds[index << 1];
  }

  hi(index: i32): i32 {
    return this.bounds[(index << 1) | 1];
  }

  add(lo: i32, hi: i32): CharSet {
    this.bounds.push(lo);
    this.bounds.push(hi);
    return this;
  }

  addAll(other: CharSet): CharSet {
    for (let i = 0; i < other.count; i++) this.add(other.lo(i), other.hi(i));
    return this;
  }

  /** Every code point that is not in this set. */
  negated(): CharSet {
    const sorted = this.normalised();
    const rest = new CharSet();
    let next = 0;
    for (let i = 0; i < sorted.count; i++) {
      if (sorted.lo(i) > next) rest.add(next, sorted.lo(i) - 1);
      next = sorted.hi(i) + 1;
    }
    return next <= MAX_RUNE ? rest.add(next, MAX_RUNE) : rest;
  }

  /** The same set with its ranges in order, apart from each other. */
  normalised(): CharSet {
    const joined = new CharSet();
    const order = this.sorted();
    for (let i = 0; i < order.length; i += 2) {
      const last = joined.bounds.length - 1;
      if (last >= 0 && order[i] <= joined.bounds[last] + 1) {
        if (order[i + 1] > joined.bounds[last]) joined.bounds[last] = order[i + 1];
      } else {
        joined.add(order[i], order[i + 1]);
      }
    }
    return joined;
  }

  /** Insertion sort: what a pattern writes is short, and what tables add is in order already. */
  private sorted(): i32[] {
    const bounds = this.bounds;
    for (let i = 2; i < bounds.length; i += 2) {
      const lo = bounds[i];
      const hi = bounds[i + 1];
      let at = i;
      for (; at > 0 && bounds[at - 2] > lo; at -= 2) {
        bounds[at] = bounds[at - 2];
        bounds[at + 1] = bounds[at - 1];
      }
      bounds[at] = lo;
      bounds[at + 1] = hi;
    }
    return bounds;
  }
}
