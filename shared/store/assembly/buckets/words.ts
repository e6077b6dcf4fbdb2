import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ScriptCall } from "../words";
import { Algorithm, Bucket } from "./bucket";
import { WINDOWS } from "./scripts";

/** True when `WINDOWS` has to look at the windows before. */
export function looksBack(buckets: Bucket[]): bool {
  for (let i = 0; i < buckets.length; i++) {
    if (buckets[i].algorithm == Algorithm.Sliding) return true;
  }
  return false;
}

/**
 * Where a bucket counts at a point in time, for scripts that know nothing of clocks: a window on the
 * clock is a key of its own that expires with it.
 */
@final
export class Place {
  constructor(
    readonly key: Slice,
    /** How long the key lives when it is made now. */
    readonly expirySeconds: i64,
  ) {}

  /** @param nowMs not looked at for `Fixed` */
  static of(bucket: Bucket, nowMs: i64): Place {
    if (bucket.algorithm == Algorithm.Fixed) return new Place(bucket.key, bucket.windowSeconds);
    const window = bucket.windowAt(nowMs);
    // A window that is looked back to must last as long as the next one.
    const isSliding = bucket.algorithm == Algorithm.Sliding;
    const after = isSliding ? bucket.windowAt(window.endMs).lengthMs / 1000 : 0;
    return new Place(bucket.keyOf(window.id), window.secondsLeft(nowMs) + after);
  }
}

/** A call of `WINDOWS`. @param mode as the script has it @param onceId of `StoreCommand.once` */
export function windowWords(
  mode: string,
  tokens: i64,
  buckets: Bucket[],
  nowMs: i64,
  onceId: i64 = 0,
): Slice[] {
  const call = new ScriptCall(WINDOWS).text(bytes(mode)).integer(tokens);
  for (let i = 0; i < buckets.length; i++) {
    const bucket = buckets[i];
    const place = Place.of(bucket, nowMs);
    call.key(place.key).integer(bucket.limit).integer(place.expirySeconds);
    if (bucket.algorithm == Algorithm.Sliding) {
      const window = bucket.windowAt(nowMs);
      call.key(bucket.keyOf(window.id - 1));
      call.integer(window.endMs - nowMs).integer(window.lengthMs);
    } else {
      call.key(place.key).integer(0).integer(1);
    }
  }
  if (onceId != 0) call.once(onceId);
  return call.words();
}
