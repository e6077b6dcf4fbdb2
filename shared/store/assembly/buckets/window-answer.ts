import { RedisReply } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { BucketState, StoreFailure, StoreReply } from "../reply";
import { Algorithm, Bucket } from "./bucket";
import { Place } from "./words";

/** What `WINDOWS` answered. */
export function readWindows(answer: RedisReply, buckets: Bucket[], nowMs: i64): StoreReply {
  const items = answer.item(1).items;
  const denied = <i32>answer.item(0).integer - 1;
  if (items.length != buckets.length || denied >= items.length) {
    return StoreReply.failed(StoreFailure.Reply, "unexpected answer");
  }
  const states: BucketState[] = [];
  for (let i = 0; i < items.length; i++) states.push(stateOf(items[i], buckets[i], nowMs));
  return StoreReply.ofStates(states, denied);
}

function stateOf(item: RedisReply, bucket: Bucket, nowMs: i64): BucketState {
  const size = item.items.length;
  if (size != 3) return new BucketState(0, 0, 0, size);
  const limit = item.item(0).integer;
  const used = item.item(1).integer;
  const last = item.item(2).integer;
  const ttl =
    bucket.algorithm == Algorithm.Sliding
      ? bucket.secondsUntilFits(limit, used, last, nowMs)
      : secondsLeft(last, bucket, nowMs);
  return new BucketState(limit, used, ttl);
}

/** @param leftMs of the key; negative when it is missing, or has no end */
function secondsLeft(leftMs: i64, bucket: Bucket, nowMs: i64): i64 {
  // Rounded as Redis' TTL does.
  return leftMs < 0 ? Place.of(bucket, nowMs).expirySeconds : (leftMs + 500) / 1000;
}
