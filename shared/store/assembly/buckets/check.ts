import { Builder, decimal, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { BucketState, StoreFailure, StoreReply } from "../reply";
import { Slot } from "../shared-data/slot";
import { SharedSpace } from "../shared-data/space";
import { ScriptCall } from "../words";
import { Bucket } from "./bucket";
import { ALL_STATES, CHECK, FIRST_STATE } from "./scripts";
import { readBucket } from "./shared-bucket";
import { readWindows } from "./window-answer";
import { looksBack, Place, windowWords } from "./words";

/**
 * Asks how full some buckets are; writes nothing. The answer has a state per bucket. Whoever
 * compares, compares with the state's own limit (token-rate-limit.md 3.2).
 */
@final
export class Check extends StoreCommand {
  private nowMs: i64 = 0;

  constructor(
    tag: i32,
    readonly buckets: Bucket[],
    /** One bucket, and Redis answers its triple without a list around it (Appendix D). */
    readonly isFlat: bool = false,
  ) {
    super(tag, true);
  }

  override words(_isResent: bool): Slice[] | null {
    this.nowMs = wallClockMs();
    if (looksBack(this.buckets)) return windowWords("check", 0, this.buckets, this.nowMs);
    const script = new Builder(512).append(CHECK).append(this.isFlat ? FIRST_STATE : ALL_STATES);
    const call = new ScriptCall(script.view());
    for (let i = 0; i < this.buckets.length; i++) {
      const place = Place.of(this.buckets[i], this.nowMs);
      call.key(place.key).integer(this.buckets[i].limit).integer(place.expirySeconds);
    }
    return call.words();
  }

  override read(answer: RedisReply): StoreReply {
    if (looksBack(this.buckets)) return readWindows(answer, this.buckets, this.nowMs);
    if (this.isFlat) {
      const state = readTriple(answer);
      return state.isReadable
        ? StoreReply.ofStates([state])
        : StoreReply.failed(StoreFailure.Reply, this.explain(answer.text.toString()));
    }
    if (answer.items.length != this.buckets.length) {
      return StoreReply.failed(StoreFailure.Reply, this.mismatch(answer.items.length));
    }
    const states: BucketState[] = [];
    for (let i = 0; i < answer.items.length; i++) states.push(readTriple(answer.items[i]));
    return StoreReply.ofStates(states);
  }

  override runShared(space: SharedSpace): StoreReply {
    const nowMs = wallClockMs();
    const states: BucketState[] = [];
    for (let i = 0; i < this.buckets.length; i++) {
      const bucket = this.buckets[i];
      states.push(readBucket(space, bucket, nowMs));
      Slot.of(space, bucket).keep(); // for the charge
    }
    return StoreReply.ofStates(states);
  }

  /** Any error counts as an answer without elements (token-rate-limit.md 3.2, Appendix D). */
  override explain(cause: string): string {
    return this.isFlat ? "redis response parse error, response: " + cause : this.mismatch(0);
  }

  private mismatch(got: i32): string {
    const want = decimal(this.buckets.length);
    return "redis response length mismatch: got " + decimal(got) + ", want " + want;
  }
}

function readTriple(answer: RedisReply): BucketState {
  const size = answer.items.length;
  if (size != 3) return new BucketState(0, 0, 0, size);
  return new BucketState(answer.item(0).integer, answer.item(1).integer, answer.item(2).integer);
}
