import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { redisGet } from "@ai-gateway-wasm/kit/assembly/redis-words";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { findValue } from "./shared-value";

/** Reads a value: `value` and `integer` of the answer, or `isNull`. */
@final
export class GetValue extends StoreCommand {
  constructor(
    tag: i32,
    readonly key: Slice,
  ) {
    super(tag, true);
  }

  override words(_isResent: bool): Slice[] | null {
    return redisGet(this.key);
  }

  override read(answer: RedisReply): StoreReply {
    return StoreReply.ofValue(answer.isNull ? null : answer.text);
  }

  override runShared(space: SharedSpace): StoreReply {
    return StoreReply.ofValue(findValue(space, this.key, wallClockMs()));
  }
}
