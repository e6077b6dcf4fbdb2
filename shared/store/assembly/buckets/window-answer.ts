import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { BucketState, StoreFailure, StoreReply } from "../reply";
import { Algorithm, Bucket } from "./bucket";
import { Place } from "./words";

/** What `WINDOWS` answered: `{denied, {{limit, used, milliseconds left} …}}`. */
export function readWindows(answer: RedisReply, buckets: Bucket[], nowMs: i64): StoreReply {
  const items = answer.item(1).items;
  if (items.length != buckets.length) {
    return StoreReply.failed(StoreFailure.Reply, "unexpected answer");
  }
  const states: BucketState[] = [];
  for (let i = 0; i < items.length; i++) states.push(stateOf(items[i], buckets[i], nowMs));
  return StoreReply.ofStates(states, <i32>answer.item(0).integer - 1);
}

function stateOf(item: RedisReply, bucket: Bucket, nowMs: i64): BucketState {
  const size = item.items.length;
  if (size != 3) return new BucketState(0, 0, 0, size);
  const ttl = secondsLeft(item.item(2).integer, bucket, nowMs);
  return new BucketState(item.item(0).integer, item.item(1).integer, ttl);
}

/** @param leftMs of the key; negative when it is missing, or has no end */
function secondsLeft(leftMs: i64, bucket: Bucket, nowMs: i64): i64 {
  if (bucket.algorithm == Algorithm.Sliding) return bucket.windowAt(nowMs).secondsLeft(nowMs);
  // Rounded as Redis' TTL does.
  return leftMs < 0 ? Place.of(bucket, nowMs).expirySeconds : (leftMs + 500) / 1000;
}
