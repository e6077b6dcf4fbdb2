import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { redisMget } from "@ai-gateway-wasm/kit/assembly/redis-words";
import { wallClockMs } from "../clock";
import { StoreCommand } from "../command";
import { StoreFailure, StoreReply } from "../reply";
import { SharedSpace } from "../shared-data/space";
import { findValue } from "./shared-value";

/** Reads several values, into `values`; their bytes are the host's. */
@final
export class GetValues extends StoreCommand {
  /** In the order of the keys; null: the key is missing. */
  values: (Slice | null)[] = [];

  constructor(
    tag: i32,
    readonly keys: Slice[],
  ) {
    super(tag, true);
  }

  override words(_isResent: bool): Slice[] | null {
    return this.keys.length == 0 ? null : redisMget(this.keys);
  }

  override read(answer: RedisReply): StoreReply {
    if (answer.items.length != this.keys.length) {
      return StoreReply.failed(StoreFailure.Reply, "the answer does not fit the keys");
    }
    for (let i = 0; i < answer.items.length; i++) {
      const item = answer.item(i);
      this.values.push(item.isNull ? null : item.text);
    }
    return new StoreReply();
  }

  override runShared(space: SharedSpace): StoreReply {
    const nowMs = wallClockMs();
    for (let i = 0; i < this.keys.length; i++) {
      this.values.push(findValue(space, this.keys[i], nowMs));
    }
    return new StoreReply();
  }
}
