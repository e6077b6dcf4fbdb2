import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { ScriptCall } from "../words";
import { Bucket } from "./bucket";
import { CHARGE } from "./scripts";
import { chargeBucket } from "./shared-bucket";
import { looksBack, Place, windowWords } from "./words";

/** More than any counter holds: Lua's numbers are exact up to here. */
const NO_LIMIT: i64 = 1 << 53;

/** Adds tokens to some buckets, each on its own; one that is above its limit stays as it is. */
@final
export class Charge extends StoreCommand {
  constructor(
    tag: i32,
    readonly buckets: Bucket[],
    readonly tokens: i64,
    /** Charges full buckets too (`charge_above_limit`). */
    readonly isUnlimited: bool = false,
  ) {
    super(tag, true);
  }

  override words(isResent: bool): Slice[] | null {
    const nowMs = wallClockMs();
    if (looksBack(this.buckets)) {
      const mode = this.isUnlimited ? "add" : "charge";
      return windowWords(mode, this.tokens, this.buckets, nowMs, this.once(isResent));
    }
    const call = new ScriptCall(CHARGE);
    for (let i = 0; i < this.buckets.length; i++) {
      const place = Place.of(this.buckets[i], nowMs);
      const limit = this.isUnlimited ? NO_LIMIT : this.buckets[i].limit;
      call.key(place.key).integer(limit).integer(place.expirySeconds).integer(this.tokens);
    }
    return call.words(this.once(isResent));
  }

  /** Peers do not look at it either. */
  override read(_answer: RedisReply): StoreReply {
    return new StoreReply();
  }

  override runShared(space: SharedSpace): StoreReply {
    const nowMs = wallClockMs();
    let reply = new StoreReply();
    for (let i = 0; i < this.buckets.length; i++) {
      const bucket = this.buckets[i];
      const limit = this.isUnlimited ? NO_LIMIT : space.limitHere(bucket.limit);
      if (!chargeBucket(space, bucket, this.tokens, limit, nowMs)) reply = space.contention();
    }
    return reply;
  }
}
