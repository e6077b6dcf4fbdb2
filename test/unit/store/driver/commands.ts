import { JsonValue, integerOf, boolOf, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { StoreCommand } from "@ai-gateway-wasm/store";
import {
  AddToGrant,
  Balance,
  RemoveBalance,
  ReserveBalance,
  SetBalance,
  SettleBalance,
} from "@ai-gateway-wasm/store/balances";
import {
  Algorithm,
  Bucket,
  CALENDAR_MONTH,
  Charge,
  Check,
  Reserve,
  Settle,
} from "@ai-gateway-wasm/store/buckets";
import { AddValue, GetValue, RemoveValue, SetValue } from "@ai-gateway-wasm/store/values";

const NOTHING: JsonValue[] = [];

export function field(from: JsonValue, name: string): JsonValue | null {
  return from.get(bytes(name));
}

export function text(from: JsonValue, name: string): Slice {
  return textOf(field(from, name)).copy();
}

export function number(from: JsonValue, name: string): i64 {
  return integerOf(field(from, name));
}

export function flag(from: JsonValue, name: string): bool {
  return boolOf(field(from, name));
}

function list(from: JsonValue, name: string): JsonValue[] {
  const value = field(from, name);
  if (value === null) return NOTHING;
  const items: JsonValue[] = [];
  for (let i = 0; i < value.count(); i++) items.push(value.item(i) as JsonValue);
  return items;
}

/** `{key, limit, window: seconds | "month", algorithm: fixed | aligned | sliding, offset: minutes}` */
function bucketOf(value: JsonValue): Bucket {
  const algorithm = text(value, "algorithm").toString();
  const isMonth = text(value, "window").toString() == "month";
  return new Bucket(
    text(value, "key"),
    number(value, "limit"),
    isMonth ? CALENDAR_MONTH : number(value, "window"),
    algorithm == "sliding"
      ? Algorithm.Sliding
      : algorithm == "aligned"
        ? Algorithm.Aligned
        : Algorithm.Fixed,
    <i32>number(value, "offset"),
  );
}

/** What was reserved, by the name that the test gave it. */
export class Reservations {
  readonly ofBuckets: Map<string, Reserve> = new Map<string, Reserve>();
  readonly ofBalances: Map<string, ReserveBalance> = new Map<string, ReserveBalance>();
}

/** The command that a JSON object describes; null: there is none of that name. */
export function commandOf(what: JsonValue, kept: Reservations): StoreCommand | null {
  const name = text(what, "op").toString();
  const command = bucketCommand(name, what, kept);
  if (command !== null) return command;
  const value = valueCommand(name, what);
  return value === null ? balanceCommand(name, what, kept) : value;
}

function bucketCommand(name: string, what: JsonValue, kept: Reservations): StoreCommand | null {
  const tag = <i32>number(what, "tag");
  const buckets = list(what, "buckets").map<Bucket>((value) => bucketOf(value));
  const tokens = number(what, "tokens");
  const as = text(what, "as").toString();
  if (name == "check") return new Check(tag, buckets, flag(what, "flat"));
  if (name == "charge") return new Charge(tag, buckets, tokens, flag(what, "unlimited"));
  if (name == "reserve") {
    const command = new Reserve(tag, buckets, tokens, flag(what, "strict"));
    kept.ofBuckets.set(as, command);
    return command;
  }
  if (name != "settle" || !kept.ofBuckets.has(as)) return null;
  return new Settle(tag, kept.ofBuckets.get(as), number(what, "difference"));
}

function valueCommand(name: string, what: JsonValue): StoreCommand | null {
  const tag = <i32>number(what, "tag");
  const key = text(what, "key");
  if (name == "get") return new GetValue(tag, key);
  if (name == "remove") return new RemoveValue(tag, key);
  if (name == "add") return new AddValue(tag, key, number(what, "amount"), flag(what, "minus"));
  if (name != "set") return null;
  return new SetValue(tag, key, text(what, "value"), number(what, "ttl"), flag(what, "nx"));
}

/** `{key, grant, keep: seconds, ends: milliseconds since 1970}`, or the key alone. */
function balanceOf(value: JsonValue): Balance {
  if (value.isString) return new Balance(textOf(value).copy());
  return new Balance(
    text(value, "key"),
    number(value, "grant"),
    number(value, "keep"),
    number(value, "ends"),
  );
}

function balanceCommand(name: string, what: JsonValue, kept: Reservations): StoreCommand | null {
  const tag = <i32>number(what, "tag");
  const as = text(what, "as").toString();
  const tokens = number(what, "tokens");
  const balances = list(what, "balances").map<Balance>((value) => balanceOf(value));
  if (name == "take") {
    const heal = field(what, "heal");
    const command = new ReserveBalance(
      tag,
      balances,
      tokens,
      flag(what, "strict"),
      heal === null ? 600 : integerOf(heal),
    );
    kept.ofBalances.set(as, command);
    return command;
  }
  if (name == "spend" && kept.ofBalances.has(as)) {
    return new SettleBalance(tag, kept.ofBalances.get(as), tokens);
  }
  if (balances.length != 1) return null;
  if (name == "plus") return new AddToGrant(tag, balances[0], tokens);
  if (name == "refill") return new SetBalance(tag, balances[0], tokens);
  return name == "forget" ? new RemoveBalance(tag, balances[0]) : null;
}
