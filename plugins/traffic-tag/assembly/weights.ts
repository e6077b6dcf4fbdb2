import { randomU64 } from "proxy-wasm-as";
import { Tag } from "./tag";

export const TOTAL_WEIGHT: i64 = 100;

/** Tags that share requests by chance; what is left of 100 percent gets none of them. */
@final
export class Weights {
  private readonly tags: Tag[] = [];
  /** For each tag the sum of the weights up to it. */
  private readonly ends: i64[] = [];

  /** @returns false: together they are more than 100 */
  add(tag: Tag, weight: i64): bool {
    const end = this.total + weight;
    if (end > TOTAL_WEIGHT) return false;
    this.tags.push(tag);
    this.ends.push(end);
    return true;
  }

  /** A tag by chance, or null. */
  pick(): Tag | null {
    if (this.tags.length == 0) return null;
    const ticket = <i64>(randomU64() % <u64>TOTAL_WEIGHT);
    for (let i = 0; i < this.ends.length; i++) {
      if (ticket < this.ends[i]) return this.tags[i];
    }
    return null;
  }

  private get total(): i64 {
    const count = this.ends.length;
    return count == 0 ? 0 : this.ends[count - 1];
  }
}
