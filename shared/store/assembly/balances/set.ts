import { bytes, digits, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { Balance } from "./balance";
import { balanceCall } from "./keys";
import { resetBalance } from "./shared-balance";

/** KEYS: balance, what was taken from it. ARGV: the new balance, seconds to keep it (0: ever). */
const SET: Slice = bytes(
  "redis.call('del',KEYS[2]) " +
    "if ARGV[2]=='0' then redis.call('set',KEYS[1],ARGV[1]) " +
    "else redis.call('set',KEYS[1],ARGV[1],'ex',ARGV[2]) end " +
    "return 1",
);

/**
 * Sets a balance that is reserved from. What was taken from it before does not come back: requests
 * that run are charged as a whole, as they are without a reservation.
 */
@final
export class SetBalance extends StoreCommand {
  constructor(
    tag: i32,
    readonly balance: Balance,
    readonly tokens: i64,
  ) {
    super(tag);
  }

  override words(_isResent: bool): Slice[] | null {
    return balanceCall(SET, [this.balance])
      .integer(this.tokens)
      .integer(this.balance.keepSeconds)
      .words();
  }

  override read(_answer: RedisReply): StoreReply {
    return new StoreReply();
  }

  override runShared(space: SharedSpace): StoreReply {
    return resetBalance(space, this.balance, digits(this.tokens), wallClockMs());
  }
}
