import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { redisGet } from "@ai-gateway-wasm/kit/assembly/redis-words";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { StoredValue } from "./stored-value";

/** Reads a value: `value` and `integer` of the answer, or `isNull`. */
@final
export class GetValue extends StoreCommand {
  /** What was read in shared data, for a change that follows; null: it was read elsewhere. */
  stored: StoredValue | null = null;

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
    const stored = new StoredValue(space, this.key);
    stored.read(wallClockMs());
    stored.keep();
    this.stored = stored;
    return StoreReply.ofValue(stored.bytes);
  }
}

/** The value as `question` read it in shared data, or unread. @param question null: there was none */
export function storedOf(space: SharedSpace, key: Slice, question: GetValue | null): StoredValue {
  const stored: StoredValue | null = question === null ? null : question.stored;
  return stored === null ? new StoredValue(space, key) : stored;
}
