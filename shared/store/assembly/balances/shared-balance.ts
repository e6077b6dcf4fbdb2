import { RedisReply, RedisType } from "@ai-gateway-wasm/kit/assembly/redis-reply";
import { digits, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Status } from "proxy-wasm-as";
import { StoreReply } from "../reply";
import { ATTEMPTS, SharedSpace } from "../shared-data/space";
import { StoredValue } from "../values/stored-value";
import { Balance } from "./balance";
import { ReserveBalance } from "./reserve";
import { SettleBalance } from "./settle";

/** No reservation has it: ids are positive. */
const NO_ID: i64 = -1;
/** A moment that no time was over before. */
const NEVER: i64 = i64.MIN_VALUE;

/** Takes from one balance after the other; gives back when a later one denies. */
export function reserveBalances(
  space: SharedSpace,
  command: ReserveBalance,
  nowMs: i64,
): StoreReply {
  const count = command.balances.length;
  // Nothing can be removed here: what another balance denies must not begin one.
  for (let i = 0; count > 1 && i < count; i++) {
    const reply = take(space, command, i, nowMs, false);
    if (reply.hasFailed || reply.denied >= 0) return reply;
  }
  let smallest = new StoreReply();
  for (let i = 0; i < count; i++) {
    const reply = take(space, command, i, nowMs, true);
    if (!reply.hasFailed && reply.denied < 0) {
      if (i == 0 || reply.integer < smallest.integer) smallest = reply;
      continue;
    }
    while (--i >= 0) settle(space, command, i, 0, nowMs);
    return reply;
  }
  command.isHeld = true;
  return smallest;
}

/** Corrects what was reserved, balance by balance. */
export function settleBalances(space: SharedSpace, command: SettleBalance, nowMs: i64): StoreReply {
  const reservation = command.reservation;
  let reply = new StoreReply();
  for (let i = 0; i < reservation.balances.length; i++) {
    // It is asked again as a whole after contention (`Debts`).
    const bit = 1 << i;
    if ((command.settled & bit) != 0) continue;
    if (settle(space, reservation, i, command.tokens, nowMs)) command.settled |= bit;
    else reply = space.contention();
  }
  return reply;
}

/** Makes it a new balance; what was taken from the old one is forgotten. @param tokens null: none */
export function resetBalance(
  space: SharedSpace,
  balance: Balance,
  tokens: Slice | null,
  nowMs: i64,
): StoreReply {
  const stored = new StoredValue(space, balance.key);
  for (let i = 0; i < ATTEMPTS; i++) {
    stored.read(nowMs);
    if (tokens === null && stored.bytes === null) return new StoreReply();
    begin(stored, balance);
    stored.bytes = tokens;
    if (stored.write() == Status.Ok) return new StoreReply();
  }
  return space.contention();
}

/** @param takes false: only says whether it would */
function take(
  space: SharedSpace,
  command: ReserveBalance,
  index: i32,
  nowMs: i64,
  takes: bool,
): StoreReply {
  const balance = command.balances[index];
  const stored = new StoredValue(space, balance.key);
  for (let i = 0; i < ATTEMPTS; i++) {
    stored.read(nowMs);
    if (stored.bytes === null) {
      if (balance.grant <= 0) return denial(index, null);
      begin(stored, balance);
    }
    let isChanged = heal(stored, nowMs);
    const left = balanceOf(stored);
    let reply: StoreReply;
    if (denies(command, left)) {
      reply = denial(index, digits(left));
    } else {
      if (takes) withdraw(stored, command, left);
      isChanged = isChanged || takes;
      reply = StoreReply.ofValue(stored.bytes);
    }
    if (!isChanged || stored.write() == Status.Ok) return reply;
  }
  return space.contention();
}

/** What was taken from the balance before is not of this one. */
function begin(stored: StoredValue, balance: Balance): void {
  stored.bytes = digits(balance.grant);
  stored.endMs = balance.endsAtMs;
  stored.dropHolds();
}

function denies(command: ReserveBalance, left: i64): bool {
  return left <= 0 || (command.isStrict && left < command.tokens);
}

function withdraw(stored: StoredValue, command: ReserveBalance, left: i64): void {
  const tokens = command.tokens;
  stored.bytes = digits(left - tokens);
  if (tokens > 0 && command.deadlineMs > 0) {
    stored.addHold(command.id, tokens, command.deadlineMs);
  }
}

function denial(index: i32, balance: Slice | null): StoreReply {
  const reply = StoreReply.ofValue(balance);
  reply.denied = index;
  return reply;
}

/** Gives back the holds whose time is over. False: there are none. */
function heal(stored: StoredValue, nowMs: i64): bool {
  const back = stored.takeHolds(NO_ID, nowMs);
  if (back == 0) return false;
  stored.bytes = digits(balanceOf(stored) + back);
  return true;
}

/** False: contention. */
function settle(
  space: SharedSpace,
  reservation: ReserveBalance,
  index: i32,
  spent: i64,
  nowMs: i64,
): bool {
  const balance = reservation.balances[index];
  // What comes after the end of a period is not of the next one.
  if (balance.isOver(nowMs)) return true;
  const stored = new StoredValue(space, balance.key);
  const isNoted = reservation.deadlineMs > 0 && reservation.tokens > 0;
  for (let i = 0; i < ATTEMPTS; i++) {
    stored.read(nowMs);
    const wasHeld = !isNoted || stored.takeHolds(reservation.id, NEVER) != 0;
    if (stored.bytes === null) return true;
    const change = (wasHeld ? reservation.tokens : 0) - spent;
    stored.bytes = digits(balanceOf(stored) + change);
    if (stored.write() == Status.Ok) return true;
  }
  return false;
}

/** As peers read it: text that is no number is 0. */
function balanceOf(stored: StoredValue): i64 {
  const text = stored.bytes;
  return new RedisReply(RedisType.Text, text === null ? NO_BYTES : text).integer;
}
