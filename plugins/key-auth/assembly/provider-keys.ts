import {
  Builder,
  bytes,
  equalsIgnoreCase,
  lowerCase,
  NO_BYTES,
  Slice,
} from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { environmentVariable, isHeaderName, isHeaderValue, randomU64 } from "proxy-wasm-as";
import { AUTHORIZATION } from "./names";
import { Validity, Verdict } from "./validity";

const BEARER: Slice = bytes("Bearer ");

/** A key of a model provider that is lent to requests; consumers never see it (key-auth.md 3.6). */
@final
export class ProviderKey {
  constructor(
    readonly provider: Slice,
    /** Who may use it; null: everybody without a key of their own. */
    readonly consumers: Slice[] | null,
    /** Header that carries it, lower case. */
    readonly header: Slice,
    /** Prefix and key. */
    readonly value: Slice,
    readonly weight: i64,
    readonly validity: Validity,
  ) {}

  isFor(consumer: Slice): bool {
    const consumers = this.consumers;
    if (consumers === null) return false;
    for (let i = 0; i < consumers.length; i++) {
      if (consumers[i].equals(consumer)) return true;
    }
    return false;
  }
}

/** Reads `provider_keys`. */
export function readProviderKeys(config: ConfigReader): ProviderKey[] {
  const keys: ProviderKey[] = [];
  const entries = config.objects("provider_keys");
  for (let i = 0; i < entries.length && !config.errors.any; i++) keys.push(readKey(entries[i]));
  return keys;
}

function readKey(entry: ConfigReader): ProviderKey {
  const provider = entry.text("provider");
  if (provider.isEmpty) entry.refuse("provider", "is required");
  const header = lowerCase(entry.text("header", AUTHORIZATION)).kept();
  if (!isHeaderName(header) || header.at(0) == 0x3a) entry.refuse("header", "is not a header name");
  const prefix = entry.text(
    "value_prefix",
    equalsIgnoreCase(header, AUTHORIZATION) ? BEARER : NO_BYTES,
  );
  const value = new Builder().append(prefix).append(readSecret(entry)).toSlice();
  if (!isHeaderValue(value)) entry.refuse("value", "must not contain line breaks or NUL");
  return new ProviderKey(
    provider,
    entry.optionalTexts("consumers"),
    header,
    value,
    entry.integer("weight", 1, 0, 1000000),
    Validity.read(entry),
  );
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
    entry.refuseWith("provider key env " + name.toString() + " is not set");
    return NO_BYTES;
  }
  return value;
}

/**
 * The key to lend for this provider: one that lists the consumer, else one for everybody; among
 * several a weighted random one. Null when there is none that is valid now.
 */
export function chooseProviderKey(
  keys: ProviderKey[],
  provider: Slice,
  consumer: Slice,
): ProviderKey | null {
  const own = choose(keys, provider, consumer, true);
  return own !== null ? own : choose(keys, provider, consumer, false);
}

function choose(
  keys: ProviderKey[],
  provider: Slice,
  consumer: Slice,
  isOwn: bool,
): ProviderKey | null {
  const candidates: ProviderKey[] = [];
  let total: i64 = 0;
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    const fits = isOwn ? key.isFor(consumer) : key.consumers === null;
    if (!fits || key.weight == 0 || !key.provider.equals(provider)) continue;
    if (key.validity.check() != Verdict.Valid) continue;
    candidates.push(key);
    total += key.weight;
  }
  if (candidates.length == 0) return null;
  let ticket = candidates.length == 1 ? 0 : <i64>(randomU64() % <u64>total);
  let i = 0;
  while (ticket >= candidates[i].weight) ticket -= candidates[i++].weight;
  return candidates[i];
}
