import { Slice } from "@ai-gateway-wasm/bytes";
import { Store, StoreCalls, StoreFailure, StoreReply } from "@ai-gateway-wasm/store";
import { GetValue, SetValue } from "@ai-gateway-wasm/store/values";
import { CacheKey } from "../key/cache-key";
import { createdMsOf } from "../replay/record";
import { AnswerStore, Finding, NOTHING } from "./store";

const GET: i32 = 1;
const SET: i32 = 2;

/** Redis, through Higress or over HTTP. Any trouble is a miss. */
@final
export class RemoteStore extends AnswerStore {
  constructor(
    private readonly store: Store,
    /** 0: for ever. */
    readonly ttlSeconds: i64,
  ) {
    super();
  }

  override get isRemote(): bool {
    return true;
  }

  override find(calls: StoreCalls, key: CacheKey, nowMs: i64): Finding | null {
    const reply = this.store.ask(calls, new GetValue(GET, key.remote));
    return reply === null ? null : this.read(reply, key, nowMs);
  }

  override read(reply: StoreReply, _key: CacheKey, _nowMs: i64): Finding {
    if (reply.hasFailed) {
      // Nothing was sent while the breaker is open: no new failure.
      return new Finding(null, 0, reply.failure != StoreFailure.Open);
    }
    return reply.isNull ? NOTHING : new Finding(reply.value, createdMsOf(reply.value));
  }

  override findHere(_key: CacheKey, _nowMs: i64): Finding {
    return NOTHING;
  }

  override put(calls: StoreCalls, key: CacheKey, value: Slice, _nowMs: i64): void {
    this.store.ask(calls, new SetValue(SET, key.remote, value, this.ttlSeconds));
  }
}
