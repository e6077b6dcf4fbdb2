import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { redisDecrBy, redisIncrBy } from "@ai-gateway-wasm/kit/assembly/redis-words";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { ScriptCall } from "../words";
import { addToValue } from "./shared-value";
import { GetValue, storedOf } from "./get";

/**
 * What may arrive twice cannot be a plain command; errors read as those of one (`pcall`). KEYS: the
 * number. ARGV: what to add.
 */
const ADD: Slice = bytes("return redis.pcall('incrby',KEYS[1],ARGV[1])");

/**
 * Adds to a number, which begins at 0; the end of the key stays. The answer's `integer` is the sum, or
 * 0 when the answer to it got lost and it was sent again.
 */
@final
export class AddValue extends StoreCommand {
  constructor(
    tag: i32,
    readonly key: Slice,
    readonly amount: i64,
    /** Takes the amount away instead; peers send `decrby` for it. */
    readonly isMinus: bool = false,
    /** What asked for the same value before; null: nobody did. */
    private readonly question: GetValue | null = null,
  ) {
    super(tag, true);
  }

  override words(isResent: bool): Slice[] | null {
    if (isResent) {
      const amount = this.isMinus ? -this.amount : this.amount;
      return new ScriptCall(ADD).key(this.key).integer(amount).words(this.once(true));
    }
    return this.isMinus ? redisDecrBy(this.key, this.amount) : redisIncrBy(this.key, this.amount);
  }

  override read(answer: RedisReply): StoreReply {
    return StoreReply.ofValue(answer.text);
  }

  override runShared(space: SharedSpace): StoreReply {
    const amount = this.isMinus ? -this.amount : this.amount;
    const stored = storedOf(space, this.key, this.question);
    return addToValue(space, stored, amount, wallClockMs());
  }
}
