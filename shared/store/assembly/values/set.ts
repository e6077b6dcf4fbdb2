import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { redisSet, redisSetIfAbsent } from "@ai-gateway-wasm/kit/assembly/redis-words";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { writeValue } from "./shared-value";

/** Writes a value. With `ifAbsent`, `isNull` of the answer says that the key was there already. */
@final
export class SetValue extends StoreCommand {
  constructor(
    tag: i32,
    readonly key: Slice,
    readonly value: Slice,
    /** 0: for ever; an earlier end is forgotten. */
    readonly ttlSeconds: i64 = 0,
    readonly ifAbsent: bool = false,
  ) {
    super(tag);
  }

  override words(_isResent: bool): Slice[] | null {
    return this.ifAbsent
      ? redisSetIfAbsent(this.key, this.value, this.ttlSeconds)
      : redisSet(this.key, this.value, this.ttlSeconds);
  }

  override read(answer: RedisReply): StoreReply {
    const reply = new StoreReply();
    reply.isNull = answer.isNull;
    return reply;
  }

  override runShared(space: SharedSpace): StoreReply {
    return writeValue(space, this, wallClockMs());
  }
}
