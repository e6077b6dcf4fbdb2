import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { getSharedData, ONLY_IF_ABSENT, randomBytes, setSharedData } from "proxy-wasm-as";
import { StoreMetrics } from "../metrics";
import { StoreFailure, StoreReply } from "../reply";

/** How often a value is written again that somebody else changed meanwhile. */
export const ATTEMPTS: i32 = 32;

/** As share: the whole limit. */
export const WHOLE: i64 = 1000000;

const SEED_SIZE: i32 = 16;

/**
 * The part of shared data that belongs to one plugin, `<plugin>/v1/…`:
 *
 *   <n>      a slot of counters, `n` below the number of slots
 *   =<key>   a value, or the slot of one pinned counter
 *   seed     random bytes: without them nobody can choose keys that fall into one slot
 */
@final
export class SharedSpace {
  private readonly prefix: Slice;
  private seed: Slice | null = null;

  constructor(
    pluginName: Slice,
    /** A power of two. */
    readonly slots: i32,
    readonly metrics: StoreMetrics,
    /** The part of each limit that holds here, in millionths (`local_share`). */
    private readonly share: i64 = WHOLE,
  ) {
    this.prefix = new Builder().append(pluginName).appendText("/v1/").toSlice();
  }

  slotKey(slot: i32): Slice {
    return new Builder(32).append(this.prefix).appendInteger(slot).view();
  }

  valueKey(key: Slice): Slice {
    return new Builder().append(this.prefix).appendByte(0x3d).append(key).view();
  }

  /** A limit as it holds here; at least 1. */
  limitHere(limit: i64): i64 {
    if (this.share == WHOLE) return limit;
    return max(1, (limit / WHOLE) * this.share + ((limit % WHOLE) * this.share) / WHOLE);
  }

  /** The same random bytes in all workers, made by the first that asks. */
  secret(): Slice {
    const known = this.seed;
    if (known !== null) return known;
    const key = new Builder().append(this.prefix).appendText("seed").view();
    const random = randomBytes(SEED_SIZE);
    // Whoever comes second reads what the first one wrote.
    if (random !== null) setSharedData(key, random, ONLY_IF_ABSENT);
    const agreed = getSharedData(key);
    const seed = agreed === null ? this.prefix : agreed.data.copy();
    this.seed = seed;
    return seed;
  }

  /** Others were faster 32 times: under such a load the answer would come too late anyway. */
  contention(): StoreReply {
    return StoreReply.failed(StoreFailure.Contention, CONTENTION);
  }
}

const CONTENTION: string = "shared data is contended";
