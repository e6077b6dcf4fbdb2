/** One counter of an operation, as the driver plugin reads it. */
export interface BucketSpec {
  key: string;
  limit: number;
  window: number;
  algorithm: "fixed" | "aligned" | "sliding";
}

/** A balance, as the driver plugin reads it; without a grant its key alone will do. */
export interface BalanceSpec {
  key: string;
  /** What it begins with; 0: a missing one is none. */
  grant: number;
}

/** What an operation answers, in the words that all stores share. */
export interface Outcome {
  failed?: true;
  null?: true;
  value?: string;
  denied?: number;
  /** `[limit, used]`. */
  states?: [number, number][];
}

interface Reservation {
  buckets: BucketSpec[];
  tokens: number;
  at: number;
}

interface Taken {
  keys: string[];
  tokens: number;
  /** Balances that were set or removed since: nothing of it comes back to them. */
  lost: Set<string>;
}

const NOTHING_TAKEN: Taken = { keys: [], tokens: 0, lost: new Set() };

/**
 * What a store is (token-rate-limit.md 7.2, 7.4, 7.5; token-quota.md 7.3), with plain maps and
 * without expiry: one process, one request at a time.
 */
export class Model {
  private readonly counts = new Map<string, number>();
  private readonly values = new Map<string, string>();
  private readonly reservations = new Map<string, Reservation>();
  private readonly taken = new Map<string, Taken>();

  /** @param now milliseconds since 1970 */
  constructor(public now: number) {}

  check(buckets: BucketSpec[]): Outcome {
    return { states: buckets.map((bucket) => [bucket.limit, this.used(bucket)]) };
  }

  charge(buckets: BucketSpec[], tokens: number, unlimited: boolean): Outcome {
    for (const bucket of buckets) {
      if (unlimited || this.used(bucket) <= bucket.limit) this.add(bucket, this.now, tokens);
    }
    return {};
  }

  reserve(as: string, buckets: BucketSpec[], tokens: number, strict: boolean): Outcome {
    this.reservations.delete(as);
    const denied = buckets.findIndex((bucket) => {
      const used = this.used(bucket);
      return used >= bucket.limit || (used + tokens > bucket.limit && (used > 0 || strict));
    });
    if (denied >= 0) return { denied, ...this.check(buckets) };
    for (const bucket of buckets) this.add(bucket, this.now, tokens);
    this.reservations.set(as, { buckets, tokens, at: this.now });
    return this.check(buckets);
  }

  settle(as: string, difference: number): Outcome {
    const reservation = this.reservations.get(as);
    for (const bucket of reservation?.buckets ?? []) {
      if (difference > 0) {
        this.add(bucket, this.now, difference);
        continue;
      }
      const { at } = reservation!;
      const held = this.counts.get(place(bucket, at)) ?? 0;
      if (held > 0) this.add(bucket, at, Math.max(difference, -held));
    }
    return {};
  }

  get(key: string): Outcome {
    const value = this.values.get(key);
    return value === undefined ? { null: true } : { value };
  }

  set(key: string, value: string, nx: boolean): Outcome {
    if (nx && this.values.has(key)) return { null: true };
    this.values.set(key, value);
    return {};
  }

  plus(key: string, amount: number): Outcome {
    const value = this.values.get(key) ?? "0";
    if (!/^(0|-?[1-9]\d*)$/.test(value)) return { failed: true };
    const sum = BigInt(value) + BigInt(amount);
    if (BigInt.asIntN(64, sum) !== sum) return { failed: true };
    this.values.set(key, String(sum));
    return { value: String(sum) };
  }

  remove(key: string): Outcome {
    return { value: this.values.delete(key) ? "1" : "0" };
  }

  take(as: string, balances: BalanceSpec[], tokens: number, strict: boolean): Outcome {
    this.taken.delete(as);
    const left = ({ key, grant }: BalanceSpec) => this.values.get(key) ?? (grant ? `${grant}` : "");
    const denied = balances.findIndex((balance) => {
      const value = left(balance);
      return Number(value) <= 0 || (strict && Number(value) < tokens);
    });
    if (denied >= 0) {
      const value = left(balances[denied]!);
      return { denied, ...(value ? { value } : { null: true }) };
    }
    for (const balance of balances) {
      if (!this.values.has(balance.key)) this.refill(balance.key, balance.grant);
      this.plus(balance.key, -tokens);
    }
    const keys = balances.map(({ key }) => key);
    this.taken.set(as, { keys, tokens, lost: new Set() });
    // What the request may still use: the smallest of them.
    const least = Math.min(...keys.map((key) => Number(this.values.get(key))));
    return { value: `${least}` };
  }

  /** Each reservation of balances is settled once. */
  spend(as: string, tokens: number): Outcome {
    const { keys, tokens: reserved, lost } = this.taken.get(as) ?? NOTHING_TAKEN;
    this.taken.delete(as);
    for (const key of keys) {
      if (!this.values.has(key)) continue;
      this.plus(key, (lost.has(key) ? 0 : reserved) - tokens);
    }
    return {};
  }

  /** What was taken from it before is forgotten. */
  refill(key: string, tokens: number): Outcome {
    for (const { lost } of this.taken.values()) lost.add(key);
    return this.set(key, String(tokens), false);
  }

  forget(key: string): Outcome {
    for (const { lost } of this.taken.values()) lost.add(key);
    this.remove(key);
    return {};
  }

  private used(bucket: BucketSpec): number {
    const used = this.counts.get(place(bucket, this.now)) ?? 0;
    if (bucket.algorithm !== "sliding") return used;
    const length = bucket.window * 1000;
    const before = this.counts.get(place(bucket, this.now - length)) ?? 0;
    return used + Math.floor((before * (length - (this.now % length))) / length);
  }

  private add(bucket: BucketSpec, at: number, tokens: number): void {
    const key = place(bucket, at);
    this.counts.set(key, (this.counts.get(key) ?? 0) + tokens);
  }
}

/** Windows of whole hours begin with the hour. */
function place({ key, window, algorithm }: BucketSpec, at: number): string {
  return algorithm === "fixed" ? key : `${key}:${Math.floor(at / (window * 1000))}`;
}
