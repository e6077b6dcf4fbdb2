import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { Balance } from "./balance";
import { balanceCall } from "./keys";
import { resetBalance } from "./shared-balance";

/** KEYS: balance, what was taken from it. */
const REMOVE: Slice = bytes("return redis.call('del',KEYS[1],KEYS[2])");

/** Removes a balance that is reserved from, and what was taken from it. */
@final
export class RemoveBalance extends StoreCommand {
  constructor(
    tag: i32,
    readonly balance: Balance,
  ) {
    super(tag);
  }

  override words(_isResent: bool): Slice[] | null {
    return balanceCall(REMOVE, [this.balance]).words();
  }

  override read(_answer: RedisReply): StoreReply {
    return new StoreReply();
  }

  override runShared(space: SharedSpace): StoreReply {
    return resetBalance(space, this.balance, null, wallClockMs());
  }
}
