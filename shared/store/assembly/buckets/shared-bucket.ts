import { Status } from "proxy-wasm-as";
import { BucketState } from "../reply";
import { Entry } from "../shared-data/entry";
import { Slot } from "../shared-data/slot";
import { ATTEMPTS, SharedSpace } from "../shared-data/space";
import { Algorithm, Bucket } from "./bucket";

// The questions about one bucket on shared data: the scripts' semantics once more.

/** How full a bucket is; nothing is written. */
export function readBucket(space: SharedSpace, bucket: Bucket, nowMs: i64): BucketState {
  const entry = Entry.at(Slot.of(space, bucket).read(), bucket, nowMs);
  return stateOf(space, bucket, entry, nowMs);
}

export function stateOf(space: SharedSpace, bucket: Bucket, entry: Entry, nowMs: i64): BucketState {
  const limit = space.limitHere(bucket.limit);
  const used = entry.used(bucket, nowMs);
  return new BucketState(limit, used, entry.secondsLeft(bucket, limit, nowMs));
}

/**
 * Adds tokens unless the bucket holds more than `limit`; how it is then does not matter to
 * anybody. Negative tokens are taken as they are, as Redis does. False: contention.
 */
export function chargeBucket(
  space: SharedSpace,
  bucket: Bucket,
  tokens: i64,
  limit: i64,
  nowMs: i64,
): bool {
  const slot = Slot.of(space, bucket);
  for (let i = 0; i < ATTEMPTS; i++) {
    const entry = Entry.at(slot.recall(), bucket, nowMs);
    if (entry.used(bucket, nowMs) > limit) return true;
    entry.count += tokens;
    // As the peer's script: what looks like a first charge begins the window.
    if (bucket.algorithm == Algorithm.Fixed && entry.count == tokens) entry.startMs = nowMs;
    if (slot.write(entry, nowMs) == Status.Ok) return true;
  }
  return false;
}
