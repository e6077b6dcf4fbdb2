import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { redisDel } from "@ai-gateway-wasm/kit/assembly/redis-words";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { removeValue } from "./shared-value";

/** Removes a value. The answer's `integer` is 1 when there was one, else 0. */
@final
export class RemoveValue extends StoreCommand {
  constructor(
    tag: i32,
    readonly key: Slice,
  ) {
    super(tag);
  }

  override words(_isResent: bool): Slice[] | null {
    return redisDel(this.key);
  }

  override read(answer: RedisReply): StoreReply {
    return StoreReply.ofValue(answer.text);
  }

  override runShared(space: SharedSpace): StoreReply {
    return removeValue(space, this.key, wallClockMs());
  }
}
