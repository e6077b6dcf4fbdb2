import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { bucketOf, ConditionGroup, distanceOf } from "@ai-gateway-wasm/conditions";
import { matchesAny } from "@ai-gateway-wasm/kit";
import { Counter, randomU64 } from "proxy-wasm-as";
import { Choice, FORCED, MISSING, RANDOM } from "./choice";
import { SplitRequest } from "./request";
import { Hashing, Sticky } from "./sticky";
import { Variant } from "./variant";

/** All hundredths of a percent. */
export const WHOLE: i32 = 10000;

/** Which requests are split, and between which variants. */
@final
export class SplitRule {
  /** Names, or their beginnings followed by `*`; null: every model. */
  models: Slice[] | null = null;
  /** Null: no further condition. */
  conditions: ConditionGroup | null = null;
  /** Null: each request on its own. */
  sticky: Sticky | null = null;
  /** For requests without a key; null: one at random. */
  onMissing: Variant | null = null;
  /** In the order in which they own ranges of buckets; their weights sum to `WHOLE`. */
  readonly variants: Variant[] = [];

  constructor(
    readonly name: Slice,
    private readonly missing: Counter,
    private readonly forced: Counter,
  ) {}

  matches(request: SplitRequest): bool {
    const models = this.models;
    if (models !== null && !matchesAny(models, request.model)) return false;
    const conditions = this.conditions;
    return conditions === null || conditions.holds(request);
  }

  choose(request: SplitRequest): Choice {
    const wanted = request.forced;
    if (wanted !== null) {
      const variant = this.find(wanted);
      if (variant !== null) {
        this.forced.increment();
        return new Choice(this, variant, FORCED);
      }
    }
    const sticky = this.sticky;
    if (sticky !== null) {
      const key = sticky.find(request);
      if (key !== null) {
        const salted = sticky.salted(key.value);
        const isAnyOrder = sticky.hashing == Hashing.Rendezvous;
        const variant = isAnyOrder ? this.nearest(salted) : this.at(bucketOf(salted, WHOLE));
        return new Choice(this, variant, key.source.label);
      }
      this.missing.increment();
      const instead = this.onMissing;
      if (instead !== null) return new Choice(this, instead, MISSING);
    }
    return new Choice(this, this.at(<i32>(randomU64() % WHOLE)), RANDOM);
  }

  /** The variant of this name, or null. */
  find(name: Slice): Variant | null {
    for (let i = 0; i < this.variants.length; i++) {
      if (this.variants[i].name.equals(name)) return this.variants[i];
    }
    return null;
  }

  /**
   * The variant that owns a bucket. The ranges stand in the order of the list:
   *
   *   0            9000      9999
   *   ├─ openai 90 ─┼─ deepseek 10 ─┤
   */
  private at(bucket: i32): Variant {
    let end = 0;
    for (let i = 0; i < this.variants.length; i++) {
      end += this.variants[i].weight;
      if (bucket < end) return this.variants[i];
    }
    return this.variants[this.variants.length - 1];
  }

  /** The variant that is nearest to a key by salt, NUL, key, NUL and its name. */
  private nearest(salted: Slice): Variant {
    let nearest = this.variants[0];
    let least = Infinity;
    const value = new Builder(salted.length + 64).append(salted).appendByte(0);
    for (let i = 0; i < this.variants.length; i++) {
      const variant = this.variants[i];
      value.truncate(salted.length + 1);
      const distance = distanceOf(value.append(variant.name).view(), variant.weight);
      if (distance >= least) continue;
      nearest = variant;
      least = distance;
    }
    return nearest;
  }
}
