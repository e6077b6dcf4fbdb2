import { Slice } from "@ai-gateway-wasm/bytes";
import { RedisCalls } from "@ai-gateway-wasm/kit/assembly/redis-calls";
import { HttpCallResponse } from "proxy-wasm-as";
import { PendingCall } from "./pending-call";
import { StoreReply } from "./reply";

/** HTTP calls with tags from here on are the store's, those below are the plugin's own. */
export const STORE_TAGS: i32 = 0x10000;

/** Nothing is waiting, as ever with a store that answers at once. */
const NONE: (PendingCall | null)[] = [];

/**
 * The commands of one stream or root that are not answered yet. A field of their owner, so that
 * what the host never answers to a stream that is gone, goes with it.
 */
@final
export class StoreCalls {
  /** By number; freed numbers are used again. */
  private waiting: (PendingCall | null)[] = NONE;
  private redis: RedisCalls | null = null;

  /** @param owner id of the stream or root that waits for the answers */
  constructor(readonly owner: u32) {}

  /** Commands without an answer. */
  get pending(): i32 {
    let count = 0;
    for (let i = 0; i < this.waiting.length; i++) {
      if (this.waiting[i] !== null) count++;
    }
    return count;
  }

  /**
   * What `onHttpCallResponse` got means.
   *
   * @param tag as it was handed over; one below `STORE_TAGS` is not the store's
   * @returns null when it belongs to none of these commands
   */
  receiveHttp(tag: i32, response: HttpCallResponse): StoreReply | null {
    const call = this.take(tag - STORE_TAGS);
    return call === null ? null : call.backend.answerHttp(call, response);
  }

  /** What `onRedisReply` got means. Null: nothing yet, the command was sent again after a login. */
  receiveRedis(id: i32, failed: bool, bytes: Slice): StoreReply | null {
    const redis = this.redis;
    if (redis === null) return null;
    const answer = redis.receive(id, failed, bytes);
    if (answer === null) return null;
    const call = this.take(answer.tag);
    return call === null ? null : call.backend.answerRedis(call, answer, failed);
  }

  /** Keeps a call until its answer; answers its number. Only for back ends. */
  add(call: PendingCall): i32 {
    for (let i = 0; i < this.waiting.length; i++) {
      if (this.waiting[i] !== null) continue;
      this.waiting[i] = call;
      return i;
    }
    if (this.waiting === NONE) this.waiting = [];
    this.waiting.push(call);
    return this.waiting.length - 1;
  }

  /** Removes a call. Only for back ends. */
  take(id: i32): PendingCall | null {
    if (<u32>id >= <u32>this.waiting.length) return null;
    const call = this.waiting[id];
    this.waiting[id] = null;
    return call;
  }

  /** Only for the Redis back end. */
  redisCalls(): RedisCalls {
    let redis = this.redis;
    if (redis === null) {
      redis = new RedisCalls(this.owner);
      this.redis = redis;
    }
    return redis;
  }
}
