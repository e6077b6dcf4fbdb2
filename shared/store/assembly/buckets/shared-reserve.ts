import { Status } from "proxy-wasm-as";
import { BucketState, StoreReply } from "../reply";
import { Entry } from "../shared-data/entry";
import { Slot } from "../shared-data/slot";
import { ATTEMPTS, SharedSpace } from "../shared-data/space";
import { Algorithm, Bucket } from "./bucket";
import { Reserve } from "./reserve";
import { Settle } from "./settle";
import { readBucket, stateOf } from "./shared-bucket";

/**
 * Reserves in all buckets or in none. No lock spans several slots, so: look at all first, which
 * settles most denials without a write; then take from one after the other in the order of their
 * slots, and give back when a later one turns out to be full. Under contention a request may be
 * denied that would just have fitted; never is too much taken.
 */
export function reserveBuckets(space: SharedSpace, command: Reserve): StoreReply {
  const buckets = command.buckets;
  const states: BucketState[] = [];
  if (buckets.length == 1 && command.tokens > 0) {
    command.endsMs.push(0);
    const reply = take(space, command, 0, states);
    command.isHeld = reply === null;
    return reply === null ? StoreReply.ofStates(states) : reply;
  }
  for (let i = 0; i < buckets.length; i++) {
    states.push(readBucket(space, buckets[i], command.nowMs));
    command.endsMs.push(0);
  }
  for (let i = 0; i < buckets.length; i++) {
    if (denies(states[i], command)) return StoreReply.ofStates(states, i);
  }
  command.isHeld = true;
  if (command.tokens <= 0) return StoreReply.ofStates(states);
  const order = inSlotOrder(space, buckets);
  for (let i = 0; i < order.length; i++) {
    const reply = take(space, command, order[i], states);
    if (reply === null) continue;
    command.isHeld = false;
    while (--i >= 0) adjust(space, command, order[i], -command.tokens, command.nowMs);
    return reply;
  }
  return StoreReply.ofStates(states);
}

/** Corrects what was reserved, bucket by bucket. */
export function settleBuckets(space: SharedSpace, command: Settle, nowMs: i64): StoreReply {
  const reservation = command.reservation;
  let reply = new StoreReply();
  for (let i = 0; i < reservation.buckets.length; i++) {
    if (!adjust(space, reservation, i, command.difference, nowMs)) reply = space.contention();
  }
  return reply;
}

/** Takes the tokens from bucket `index`. @returns null when they are taken, else the answer */
function take(
  space: SharedSpace,
  command: Reserve,
  index: i32,
  states: BucketState[],
): StoreReply | null {
  const bucket = command.buckets[index];
  const nowMs = command.nowMs;
  const slot = Slot.of(space, bucket);
  for (let i = 0; i < ATTEMPTS; i++) {
    const entry = Entry.at(slot.read(), bucket, nowMs);
    states[index] = stateOf(space, bucket, entry, nowMs);
    if (denies(states[index], command)) return StoreReply.ofStates(states, index);
    entry.count += command.tokens;
    if (slot.write(entry, nowMs) != Status.Ok) continue;
    states[index] = stateOf(space, bucket, entry, nowMs);
    command.endsMs[index] = entry.endMs;
    return null;
  }
  return space.contention();
}

/** True when a bucket has no room for the reservation. */
function denies(state: BucketState, command: Reserve): bool {
  if (state.used >= state.limit) return true;
  const isTooMuch = state.used + command.tokens > state.limit;
  return isTooMuch && (state.used > 0 || command.isStrict);
}

/** Charges an excess, or gives back while the window is the reserved one. False: contention. */
function adjust(space: SharedSpace, reservation: Reserve, index: i32, by: i64, nowMs: i64): bool {
  const bucket = reservation.buckets[index];
  const slot = Slot.of(space, bucket);
  for (let i = 0; i < ATTEMPTS; i++) {
    const entry = Entry.at(slot.read(), bucket, nowMs);
    if (by > 0) entry.count += by;
    else if (!giveBack(entry, reservation, index, by)) return true;
    if (slot.write(entry, nowMs) == Status.Ok) return true;
  }
  return false;
}

/** Undoes a part of the reservation in the entry; false when there is nothing to undo any more. */
function giveBack(entry: Entry, reservation: Reserve, index: i32, by: i64): bool {
  const bucket = reservation.buckets[index];
  const reserved = reservation.windowOf(index);
  if (bucket.algorithm == Algorithm.Fixed) {
    // A later window ends a whole length later; see `Settle.mostMs`.
    if (entry.endMs > reserved + entry.lengthMs / 2) return false;
  } else if (bucket.algorithm == Algorithm.Sliding && entry.startMs > reserved) {
    return giveBackBefore(entry, bucket, reserved, by);
  } else if (entry.startMs != reserved) {
    return false;
  }
  if (entry.count <= 0) return false;
  entry.count += max(by, -entry.count);
  return true;
}

function giveBackBefore(entry: Entry, bucket: Bucket, reserved: i64, by: i64): bool {
  if (bucket.windowAt(entry.startMs - 1).startMs != reserved || entry.before <= 0) return false;
  entry.before += max(by, -entry.before);
  return true;
}

/** The buckets' indexes by their slots: two requests for the same buckets meet at the first one. */
function inSlotOrder(space: SharedSpace, buckets: Bucket[]): i32[] {
  const slots: i32[] = [];
  const order: i32[] = [];
  for (let i = 0; i < buckets.length; i++) {
    const slot = Slot.of(space, buckets[i]).index;
    let at = slots.length;
    slots.push(slot);
    order.push(i);
    for (; at > 0 && slots[at - 1] > slot; at--) {
      slots[at] = slots[at - 1];
      order[at] = order[at - 1];
    }
    slots[at] = slot;
    order[at] = i;
  }
  return order;
}
