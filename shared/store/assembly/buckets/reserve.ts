import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { Algorithm, Bucket } from "./bucket";
import { reserveBuckets } from "./shared-reserve";
import { readWindows } from "./window-answer";
import { windowWords } from "./words";

/**
 * Takes tokens out of all buckets or of none, before they are spent (token-rate-limit.md 7.5). A
 * bucket denies when it is full, or when the amount does not fit; an empty one takes any amount
 * unless `isStrict`. An amount of 0 still asks for buckets that are not full. What is taken of a default
 * fits the smallest limit, as it holds where it is taken.
 *
 * The answer: `denied`, and a state per bucket, the amount included when it was taken. Keep the
 * command: `Settle` corrects it once the real number is known. Its buckets have different keys.
 */
@final
export class Reserve extends StoreCommand {
  /** When it was asked, in milliseconds since 1970. */
  nowMs: i64 = 0;
  /** Per `Fixed` bucket: when the window that was charged ends, in milliseconds since 1970. */
  readonly endsMs: i64[] = [];
  /** True when the tokens are taken. */
  isHeld: bool = false;
  /** Taken from the fallback of `fail_mode: local`, and given back there. */
  isLocal: bool = false;
  /** What is asked for or taken, known once the command runs. */
  tokens: i64 = 0;

  constructor(
    tag: i32,
    readonly buckets: Bucket[],
    private readonly wanted: i64,
    readonly isStrict: bool = false,
    /** Of `wanted`, what must not be left out; the rest is a default. */
    private readonly needed: i64 = wanted,
  ) {
    super(tag, true);
  }

  override words(isResent: bool): Slice[] | null {
    this.start(null);
    const mode = this.isStrict ? "strict" : "reserve";
    return windowWords(mode, this.tokens, this.buckets, this.nowMs, this.once(isResent));
  }

  override read(answer: RedisReply): StoreReply {
    const reply = readWindows(answer, this.buckets, this.nowMs);
    if (reply.hasFailed || reply.denied >= 0) return reply;
    const items = answer.item(1);
    for (let i = 0; i < this.buckets.length; i++) {
      this.endsMs.push(this.nowMs + items.item(i).item(2).integer);
    }
    this.isHeld = true;
    return reply;
  }

  override runShared(space: SharedSpace): StoreReply {
    this.start(space);
    this.isLocal = true;
    return reserveBuckets(space, this);
  }

  /** @param space whose limits hold; null: those of the buckets */
  private start(space: SharedSpace | null): void {
    this.nowMs = wallClockMs();
    let most = i64.MAX_VALUE;
    for (let i = 0; i < this.buckets.length; i++) {
      const limit = this.buckets[i].limit;
      most = min(most, space === null ? limit : space.limitHere(limit));
    }
    this.tokens = max(this.needed, min(this.wanted, most));
  }

  /** When the window that bucket `index` was charged in began (on the clock) or ends (`Fixed`). */
  windowOf(index: i32): i64 {
    const bucket = this.buckets[index];
    if (bucket.algorithm == Algorithm.Fixed) return this.endsMs[index];
    return bucket.windowAt(this.nowMs).startMs;
  }
}
