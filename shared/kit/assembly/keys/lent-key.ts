import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { environmentVariable, randomU64 } from "proxy-wasm-as";
import { requireHeaderValue } from "../config/header-name";
import { ConfigReader } from "../config/reader";
import { Validity, Verdict } from "./validity";

/** A key that is lent to requests; who asks never sees it (key-auth.md 3.6). */
export class LentKey {
  constructor(
    /** Prefix and key, as they are sent. */
    readonly value: Slice,
    /** Who may use it; null: everybody without a key of their own. */
    readonly consumers: Slice[] | null,
    /** Share among the keys that fit; 0: never. */
    readonly weight: i64,
    readonly validity: Validity,
  ) {}

  /** Whether it may be lent now to this consumer: as one of their own, or as one for everybody. */
  fits(consumer: Slice, isOwn: bool): bool {
    const consumers = this.consumers;
    if (this.weight == 0 || isOwn == (consumers === null)) return false;
    let isListed = consumers === null;
    for (let i = 0; consumers !== null && i < consumers.length; i++) {
      if (consumers[i].equals(consumer)) isListed = true;
    }
    return isListed && this.validity.check() == Verdict.Valid;
  }
}

/** Reads `value` or `value_from_env`, behind its prefix. Errors are noted in the reader. */
export function readLentValue(entry: ConfigReader, prefix: Slice): Slice {
  const value = new Builder().append(prefix).append(readSecret(entry)).toSlice();
  requireHeaderValue(entry, "value", value);
  return value;
}

/** Reads `weight`. */
export function readLentWeight(entry: ConfigReader): i64 {
  return entry.integer("weight", 1, 0, 1000000);
}

function readSecret(entry: ConfigReader): Slice {
  if (entry.has("value") == entry.has("value_from_env")) {
    entry.refuse("value", "exactly one of value and value_from_env must be set");
    return NO_BYTES;
  }
  if (entry.has("value")) {
    const value = entry.text("value");
    if (value.isEmpty) entry.refuse("value", "must not be empty");
    return value;
  }
  const name = entry.text("value_from_env");
  const value = environmentVariable(name);
  if (value === null || value.isEmpty) {
    entry.errors.add("provider key env " + name.toString() + " is not set", true);
    return NO_BYTES;
  }
  return value;
}

/**
 * The key to lend: one that lists the consumer, else one for everybody; among several a weighted
 * random one. Null when there is none that is valid now.
 */
export function chooseLentKey<K extends LentKey>(keys: K[], consumer: Slice): K | null {
  const own = choose<K>(keys, consumer, true);
  return own !== null ? own : choose<K>(keys, consumer, false);
}

function choose<K extends LentKey>(keys: K[], consumer: Slice, isOwn: bool): K | null {
  const candidates: K[] = [];
  let total: i64 = 0;
  for (let i = 0; i < keys.length; i++) {
    if (!keys[i].fits(consumer, isOwn)) continue;
    candidates.push(keys[i]);
    total += keys[i].weight;
  }
  if (candidates.length == 0) return null;
  let ticket = candidates.length == 1 ? 0 : <i64>(randomU64() % <u64>total);
  let i = 0;
  while (ticket >= candidates[i].weight) ticket -= candidates[i++].weight;
  return candidates[i];
}
