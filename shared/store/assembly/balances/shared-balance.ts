import { RedisReply, RedisType } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Status } from "proxy-wasm-as";
import { StoreReply } from "../reply";
import { ATTEMPTS, SharedSpace } from "../shared-data/space";
import { integerText } from "../words";
import { Hold, StoredValue } from "../values/stored-value";
import { ReserveBalance } from "./reserve";
import { SettleBalance } from "./settle";

/** Takes from one balance after the other; gives back when a later one denies. */
export function reserveBalances(
  space: SharedSpace,
  command: ReserveBalance,
  nowMs: i64,
): StoreReply {
  let first = new StoreReply();
  for (let i = 0; i < command.keys.length; i++) {
    const reply = take(space, command, i, nowMs);
    if (i == 0) first = reply;
    if (!reply.hasFailed && reply.denied < 0) continue;
    while (--i >= 0) settle(space, command, i, 0, nowMs);
    return reply;
  }
  command.isHeld = true;
  return first;
}

/** Corrects what was reserved, balance by balance. */
export function settleBalances(space: SharedSpace, command: SettleBalance, nowMs: i64): StoreReply {
  const reservation = command.reservation;
  let reply = new StoreReply();
  for (let i = 0; i < reservation.keys.length; i++) {
    if (!settle(space, reservation, i, command.tokens, nowMs)) reply = space.contention();
  }
  return reply;
}

function take(space: SharedSpace, command: ReserveBalance, index: i32, nowMs: i64): StoreReply {
  const stored = new StoredValue(space, command.keys[index]);
  for (let i = 0; i < ATTEMPTS; i++) {
    stored.read(nowMs);
    const found = stored.bytes;
    if (found === null) return denial(index, null);
    const healed = heal(stored, nowMs);
    let balance = balanceOf(stored) + healed;
    const denies = balance <= 0 || (command.isStrict && balance < command.tokens);
    if (!denies) balance -= command.tokens;
    const text = integerText(balance);
    const reply = denies ? denial(index, text) : StoreReply.ofValue(text);
    if (healed == 0 && (denies || command.tokens <= 0)) return reply;
    stored.bytes = text;
    if (!denies && command.tokens > 0 && command.deadlineMs > 0) {
      stored.holds.push(new Hold(command.id, command.tokens, command.deadlineMs));
    }
    if (stored.write() == Status.Ok) return reply;
  }
  return space.contention();
}

function denial(index: i32, balance: Slice | null): StoreReply {
  const reply = StoreReply.ofValue(balance);
  reply.denied = index;
  return reply;
}

/** Takes out the holds whose time is over. @returns the tokens that come back */
function heal(stored: StoredValue, nowMs: i64): i64 {
  let back: i64 = 0;
  const kept: Hold[] = [];
  for (let i = 0; i < stored.holds.length; i++) {
    const hold = stored.holds[i];
    if (hold.deadlineMs < nowMs) back += hold.tokens;
    else kept.push(hold);
  }
  stored.holds = kept;
  return back;
}

/** False: contention. */
function settle(
  space: SharedSpace,
  reservation: ReserveBalance,
  index: i32,
  spent: i64,
  nowMs: i64,
): bool {
  const stored = new StoredValue(space, reservation.keys[index]);
  const isNoted = reservation.deadlineMs > 0 && reservation.tokens > 0;
  for (let i = 0; i < ATTEMPTS; i++) {
    stored.read(nowMs);
    const wasHeld = !isNoted || release(stored, reservation.id);
    if (stored.bytes === null) return true;
    const change = (wasHeld ? reservation.tokens : 0) - spent;
    stored.bytes = integerText(balanceOf(stored) + change);
    if (stored.write() == Status.Ok) return true;
  }
  return false;
}

/** Takes out a hold; false when it is not there any more. */
function release(stored: StoredValue, id: i64): bool {
  const holds = stored.holds;
  for (let i = 0; i < holds.length; i++) {
    if (holds[i].id != id) continue;
    holds.splice(i, 1);
    return true;
  }
  return false;
}

/** As peers read it: text that is no number is 0. */
function balanceOf(stored: StoredValue): i64 {
  const text = stored.bytes;
  return new RedisReply(RedisType.Text, text === null ? NO_BYTES : text).integer;
}
