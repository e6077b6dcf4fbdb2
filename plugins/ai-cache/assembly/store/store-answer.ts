import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { redisSet } from "@ai-gateway-wasm/kit/assembly/redis-words";
import { StoreCommand, StoreFailure, StoreReply } from "@ai-gateway-wasm/store";
import { SharedSpace } from "@ai-gateway-wasm/store/assembly/shared-data/space";
import { RemoteStore } from "./remote";
import { Storing } from "./storing";

const TAG: i32 = 2;

/** Puts an answer into Redis. */
@final
export class StoreAnswer extends StoreCommand {
  constructor(
    private readonly asker: RemoteStore,
    private readonly key: Slice,
    private readonly value: Slice,
    /** 0: for ever. */
    private readonly ttlSeconds: i64,
    private readonly storing: Storing | null,
  ) {
    super(TAG);
  }

  override words(_isResent: bool): Slice[] | null {
    return redisSet(this.key, this.value, this.ttlSeconds);
  }

  override read(_answer: RedisReply): StoreReply {
    return new StoreReply();
  }

  override runShared(_space: SharedSpace): StoreReply {
    return StoreReply.failed(StoreFailure.Dispatch, "only Redis is asked");
  }

  settle(reply: StoreReply): void {
    const storing = this.storing;
    this.asker.judge(reply);
    if (storing !== null) storing.settle(!reply.hasFailed);
  }
}
