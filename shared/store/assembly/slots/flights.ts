import { Builder, NO_BYTES, sameBytes, Slice } from "@ai-gateway-wasm/bytes";
import { getSharedData, ONLY_IF_ABSENT, setSharedData, Status } from "proxy-wasm-as";
import { appendLong } from "../shared-data/long";
import { TAG_SIZE } from "./directory";
import { Geometry } from "./geometry";

const LOCKS: i32 = 256;
const VALUE_SIZE: i32 = TAG_SIZE + 8;
const ATTEMPTS: i32 = 4;
/** Longer is none, whatever its deadline says. */
export const LONGEST_CLAIM_MS: i64 = 600000;
/** Not the bytes that choose a set. */
const TAG_AT: i32 = 12;

/** What somebody who wants to ask the same question has to do. */
export const enum Claim {
  /** Ask it, and release the lock. */
  Leads,
  /** Somebody else is asking it: wait. */
  Follows,
  /** The lock is taken by another question, or cannot be had: ask without one. */
  Unlocked,
}

/**
 * Who is asking which question right now, in a fixed number of locks in shared data:
 *
 *   ┌─────────────┬──────────────────┐
 *   │ tag 16 B    │ deadline ms, i64 │   a lock ends by itself: a dead worker blocks nobody
 *   └─────────────┴──────────────────┘
 */
@final
export class Flights {
  constructor(private readonly geometry: Geometry) {}

  /** @param deadlineMs what names the claim, too: `release` needs the same */
  claim(digest: Slice, nowMs: i64, deadlineMs: i64): Claim {
    for (let i = 0; i < ATTEMPTS; i++) {
      const key = this.keyOf(digest);
      const found = getSharedData(key);
      if (found !== null && isLive(found.data, nowMs)) {
        return isAbout(found.data, digest) ? Claim.Follows : Claim.Unlocked;
      }
      const value = new Builder(VALUE_SIZE).append(digest.sub(TAG_AT, TAG_AT + TAG_SIZE));
      appendLong(value, deadlineMs);
      const status = setSharedData(key, value.view(), found === null ? ONLY_IF_ABSENT : found.cas);
      if (status == Status.Ok) return Claim.Leads;
      if (status != Status.CasMismatch) break;
    }
    return Claim.Unlocked;
  }

  /** Whether somebody is still asking this question. */
  isHeld(digest: Slice, nowMs: i64): bool {
    const found = getSharedData(this.keyOf(digest));
    return found !== null && isLive(found.data, nowMs) && isAbout(found.data, digest);
  }

  /** Ends a claim; nothing when it ended already and somebody else has the lock. */
  release(digest: Slice, deadlineMs: i64): void {
    const key = this.keyOf(digest);
    const found = getSharedData(key);
    if (found === null || found.data.length != VALUE_SIZE || !isAbout(found.data, digest)) return;
    if (load<i64>(found.data.ptr, <usize>TAG_SIZE) != deadlineMs) return;
    setSharedData(key, NO_BYTES, found.cas);
  }

  private keyOf(digest: Slice): Slice {
    return this.geometry.lockKey(digest.at(4) & (LOCKS - 1));
  }
}

/** One that ends later than any claim was made before the clock was set back. */
function isLive(value: Slice, nowMs: i64): bool {
  if (value.length != VALUE_SIZE) return false;
  const leftMs = load<i64>(value.ptr, <usize>TAG_SIZE) - nowMs;
  return leftMs > 0 && leftMs <= LONGEST_CLAIM_MS;
}

function isAbout(value: Slice, digest: Slice): bool {
  return sameBytes(value.ptr, digest.ptr + <usize>TAG_AT, TAG_SIZE);
}
