import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { redisDecrBy, redisIncrBy } from "@ai-gateway-wasm/kit/assembly/redis-words";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { addToValue } from "./shared-value";

/** Adds to a number, which begins at 0; the end of the key stays. The answer's `integer` is the sum. */
@final
export class AddValue extends StoreCommand {
  constructor(
    tag: i32,
    readonly key: Slice,
    readonly amount: i64,
    /** Takes the amount away instead; peers send `decrby` for it. */
    readonly isMinus: bool = false,
  ) {
    super(tag);
  }

  override words(): Slice[] | null {
    return this.isMinus ? redisDecrBy(this.key, this.amount) : redisIncrBy(this.key, this.amount);
  }

  override read(answer: RedisReply): StoreReply {
    return StoreReply.ofValue(answer.text);
  }

  override runShared(space: SharedSpace): StoreReply {
    return addToValue(space, this.key, this.isMinus ? -this.amount : this.amount, wallClockMs());
  }
}
