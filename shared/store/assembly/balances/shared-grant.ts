import { isInteger, saturate } from "@ai-gateway-wasm/as-json";
import { integerText } from "../words";
import { Status } from "proxy-wasm-as";
import { StoreFailure, StoreReply } from "../reply";
import { ATTEMPTS, SharedSpace } from "../shared-data/space";
import { StoredValue } from "../values/stored-value";
import { AddToGrant } from "./add";

/** A charge that is late by a period has nothing to be taken from: the answer is 0. */
export function addToGrant(space: SharedSpace, command: AddToGrant, nowMs: i64): StoreReply {
  const endsAtMs = command.endsAtMs;
  if (endsAtMs > 0 && endsAtMs <= nowMs) return StoreReply.ofValue(integerText(0));
  const stored = new StoredValue(space, command.key);
  for (let i = 0; i < ATTEMPTS; i++) {
    stored.read(nowMs);
    const found = stored.bytes;
    if (found !== null && !isInteger(found)) {
      return StoreReply.failed(StoreFailure.Reply, "ERR value is not an integer or out of range");
    }
    if (found === null) stored.endMs = endsAtMs;
    const text = integerText((found === null ? command.grant : saturate(found)) + command.amount);
    stored.bytes = text;
    if (stored.write() == Status.Ok) return StoreReply.ofValue(text);
  }
  return space.contention();
}
