import { isInteger, saturate } from "@ai-gateway-wasm/as-json";
import { digits, Slice } from "@ai-gateway-wasm/bytes";
import { Status } from "proxy-wasm-as";
import { StoreFailure, StoreReply } from "../reply";
import { ATTEMPTS, SharedSpace } from "../shared-data/space";
import { SetValue } from "./set";
import { StoredValue } from "./stored-value";

// The questions about a value on shared data, with Redis' answers.

const NOT_A_NUMBER: string = "ERR value is not an integer or out of range";
const OVERFLOW: string = "ERR increment or decrement would overflow";

/** In the callback arena; null: missing, or over. */
export function findValue(space: SharedSpace, key: Slice, nowMs: i64): Slice | null {
  const stored = new StoredValue(space, key);
  stored.read(nowMs);
  return stored.bytes;
}

export function writeValue(space: SharedSpace, command: SetValue, nowMs: i64): StoreReply {
  const stored = new StoredValue(space, command.key);
  for (let i = 0; i < ATTEMPTS; i++) {
    stored.read(nowMs);
    if (command.ifAbsent && stored.bytes !== null) return StoreReply.ofValue(null);
    stored.bytes = command.value;
    stored.endMs = command.ttlSeconds > 0 ? nowMs + command.ttlSeconds * 1000 : 0;
    if (stored.write() == Status.Ok) return new StoreReply();
  }
  return space.contention();
}

/**
 * @param stored the number, read already or not @param first what a missing one begins with
 * @param endMs when such a one ends; 0: never
 */
export function addToValue(
  space: SharedSpace,
  stored: StoredValue,
  amount: i64,
  nowMs: i64,
  first: i64 = 0,
  endMs: i64 = 0,
): StoreReply {
  for (let i = 0; i < ATTEMPTS; i++) {
    const isOld = stored.isKept;
    stored.recall(nowMs);
    const found = stored.bytes;
    if (found !== null && !isInteger(found)) {
      if (isOld) continue; // it may have been set since
      return StoreReply.failed(StoreFailure.Reply, NOT_A_NUMBER);
    }
    if (found === null) stored.endMs = endMs;
    const before = found === null ? first : saturate(found);
    const sum = before + amount;
    if (amount > 0 ? sum < before : sum > before) {
      if (isOld) continue;
      return StoreReply.failed(StoreFailure.Reply, OVERFLOW);
    }
    const text = digits(sum);
    stored.bytes = text;
    if (stored.write() == Status.Ok) return StoreReply.ofValue(text);
  }
  return space.contention();
}

export function removeValue(space: SharedSpace, key: Slice, nowMs: i64): StoreReply {
  const stored = new StoredValue(space, key);
  for (let i = 0; i < ATTEMPTS; i++) {
    stored.read(nowMs);
    if (stored.bytes === null) return StoreReply.ofValue(digits(0));
    stored.bytes = null;
    if (stored.write() == Status.Ok) return StoreReply.ofValue(digits(1));
  }
  return space.contention();
}
