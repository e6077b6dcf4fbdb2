import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { wallClockMs } from "../clock";
import { Residence, StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { ScriptCall } from "../words";
import { Algorithm, Bucket } from "./bucket";
import { Reserve } from "./reserve";
import { TAKE_BACK } from "./scripts";
import { settleBuckets } from "./shared-reserve";
import { Place, windowWords } from "./words";

/** As the most time a key may have left: any. */
const ANY_TIME: i64 = 1 << 53;

/**
 * Corrects a reservation when the real number of tokens is known. Tokens too many come back while
 * the window they were taken from still runs; an excess is charged to the window that runs now,
 * full or not. Settle once; a reservation that is never settled heals when its window ends.
 */
@final
export class Settle extends StoreCommand {
  constructor(
    tag: i32,
    readonly reservation: Reserve,
    /** Spent minus reserved. */
    readonly difference: i64,
  ) {
    super(tag, true);
    this.residence = reservation.isLocal ? Residence.Fallback : Residence.Backend;
  }

  override words(isResent: bool): Slice[] | null {
    if (!this.reservation.isHeld || this.difference == 0) return null;
    const nowMs = wallClockMs();
    const buckets = this.reservation.buckets;
    // An excess goes to the window of now, the rest to where it came from.
    const once = this.once(isResent);
    if (this.difference > 0) return windowWords("add", this.difference, buckets, nowMs, once);
    const call = new ScriptCall(TAKE_BACK).integer(this.difference);
    for (let i = 0; i < buckets.length; i++) {
      call.key(Place.of(buckets[i], this.reservation.nowMs).key);
      call.integer(this.mostMs(i, buckets[i], nowMs));
    }
    return call.words(once);
  }

  override read(_answer: RedisReply): StoreReply {
    return new StoreReply();
  }

  override runShared(space: SharedSpace): StoreReply {
    const reservation = this.reservation;
    if (!reservation.isHeld || this.difference == 0) return new StoreReply();
    return settleBuckets(space, this, wallClockMs());
  }

  /**
   * The time that the reserved window can have left at most. A later window has a whole length more,
   * so half of one is the room for clocks and networks.
   */
  private mostMs(index: i32, bucket: Bucket, nowMs: i64): i64 {
    if (bucket.algorithm != Algorithm.Fixed) return ANY_TIME;
    return this.reservation.windowOf(index) - nowMs + bucket.windowSeconds * 500;
  }
}
