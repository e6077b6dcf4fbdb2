import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Bucket } from "@ai-gateway-wasm/store/buckets";
import { Limit } from "./limit";
import { RuleItem } from "./rule-item";

/** The counters that hold for one request. */
@final
export class Matched {
  readonly buckets: Bucket[] = [];
  /** The rate of each. */
  readonly limits: Limit[] = [];

  /** @param isDeduped one counter per key, with the smallest limit */
  add(limit: Limit, value: Slice, isDeduped: bool): void {
    const bucket = limit.bucket(value);
    const twin = isDeduped ? this.twinOf(bucket) : -1;
    if (twin < 0) {
      this.buckets.push(bucket);
      this.limits.push(limit);
    } else if (bucket.limit < this.buckets[twin].limit) {
      this.buckets[twin] = bucket;
      this.limits[twin] = limit;
    }
  }

  private twinOf(bucket: Bucket): i32 {
    for (let i = 0; i < this.buckets.length; i++) {
      if (this.buckets[i].key.equals(bucket.key)) return i;
    }
    return -1;
  }
}

/** Which limits hold for which requests. */
@final
export class Rules {
  /** They hold for every request. */
  readonly global: Limit[] = [];
  readonly items: RuleItem[] = [];

  constructor(
    /** The first rule that matches is the only one, and its shortest window too. */
    readonly isFirst: bool,
    /** One counter per key; for reservations, and with `dedupe_keys`. */
    readonly isDeduped: bool,
  ) {}

  /** True when some rule has to know the model. */
  get needsModel(): bool {
    for (let i = 0; i < this.items.length; i++) {
      if (this.items[i].needsModel) return true;
    }
    return false;
  }

  /**
   * The limits of the running request: the global ones first, then those of each rule that matches
   * (token-rate-limit.md 3.1). Null when there is none.
   *
   * @param model what the request asks for; null: not known
   */
  match(model: Slice | null): Matched | null {
    const matched = new Matched();
    this.take(matched, this.global, NO_BYTES);
    for (let i = 0; i < this.items.length; i++) {
      if (this.isFirst && matched.buckets.length > 0) break;
      const item = this.items[i];
      const value = item.source.read(model);
      if (value === null) continue;
      const key = item.find(value);
      if (key !== null) this.take(matched, key.limits, value.text);
    }
    return matched.buckets.length == 0 ? null : matched;
  }

  private take(matched: Matched, limits: Limit[], value: Slice): void {
    const count = this.isFirst ? min(1, limits.length) : limits.length;
    for (let i = 0; i < count; i++) matched.add(limits[i], value, this.isDeduped);
  }
}
