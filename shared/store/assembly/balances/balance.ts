import { Slice } from "@ai-gateway-wasm/bytes";

/** A balance, and what it begins with where it is missing (token-quota.md 7.4). */
@final
export class Balance {
  constructor(
    readonly key: Slice,
    /** Tokens; 0: a missing balance is none. */
    readonly grant: i64 = 0,
    /** How long one that begins here is kept; 0: for ever. */
    readonly keepSeconds: i64 = 0,
    /**
     * When it is over, in milliseconds since 1970; 0: never. In shared data the key has no period in
     * its name: what comes after that has nothing to be taken from.
     */
    readonly endsAtMs: i64 = 0,
  ) {}

  /** True when what is taken from it at this time comes too late. */
  isOver(nowMs: i64): bool {
    return this.endsAtMs > 0 && this.endsAtMs <= nowMs;
  }
}
