import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { StoreCommand, StoreFailure, StoreReply } from "@ai-gateway-wasm/store";
import { SharedSpace } from "@ai-gateway-wasm/store/assembly/shared-data/space";
import { CacheKey } from "../key/cache-key";
import { LayeredStore } from "./layered";

const TAG: i32 = 3;
const NAME: Slice = bytes("pttl");
/** What Redis says of a key without an end. */
const NO_END: i64 = -1;

/** Asks how long Redis will still have a text that does not say when it was stored. */
@final
export class RemainingTime extends StoreCommand {
  /** Something else has been stored under the key meanwhile. */
  isOutdated: bool = false;

  constructor(
    private readonly asker: LayeredStore,
    readonly key: CacheKey,
    /** What is under the key, in memory of its own. */
    readonly text: Slice,
  ) {
    super(TAG, true);
  }

  override words(_isResent: bool): Slice[] | null {
    return [NAME, this.key.remote];
  }

  override read(answer: RedisReply): StoreReply {
    return StoreReply.ofValue(answer.text);
  }

  override runShared(_space: SharedSpace): StoreReply {
    return StoreReply.failed(StoreFailure.Dispatch, "only Redis is asked");
  }

  /** Something is stored under a key. */
  outdate(key: CacheKey): void {
    if (key.slot.equals(this.key.slot)) this.isOutdated = true;
  }

  settle(reply: StoreReply, nowMs: i64): void {
    this.asker.judge(reply);
    let leftMs = reply.hasFailed ? 0 : reply.integer;
    if (leftMs == NO_END) leftMs = i64.MAX_VALUE;
    this.asker.onTimeLeft(this, max<i64>(0, leftMs), nowMs);
  }
}
