import { parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { Backend } from "./backend";
import { Breaker } from "./breaker";
import { readRedis } from "./config-redis";
import { readRest } from "./config-rest";
import { StoreMetrics } from "./metrics";
import { SharedBackend } from "./shared-data/backend";
import { SharedSpace, WHOLE } from "./shared-data/space";
import { FailMode, Store, StoreKind } from "./store";

const DEFAULT_SLOTS: i32 = 4096;

/** What `readStore` has to know about the plugin. */
@final
export class StorePlugin {
  constructor(
    /** Plugin name: prefix of the keys in shared data, `token-rate-limit`. */
    readonly name: Slice,
    /** The same as metrics spell it, `token_rate_limit`. */
    readonly metricName: Slice,
    /** `fail_mode` of a configuration that has none. */
    readonly failMode: FailMode = FailMode.Open,
  ) {}
}

/**
 * Reads `redis`, `store`, `fail_mode`, `local_share` and `breaker`, and tells the gateway the Redis
 * login at once, as peers do (token-rate-limit.md 2 and 2.4).
 *
 *   store             what
 *   (absent)          `redis` when that block is there, else shared data; in the Higress build `redis`
 *   type: redis       Higress' host call, with the block `redis`; not in the Envoy build
 *   type: redis-http  an HTTP front of Redis: Upstash or Webdis
 *   type: shared      shared data of this gateway
 *
 * @returns null when it is refused; the reason is noted in the reader
 */
export function readStore(config: ConfigReader, plugin: StorePlugin): Store | null {
  const metrics = new StoreMetrics(plugin.metricName);
  const kind = readKind(config);
  const slots = readSlots(config);
  const backend: Backend | null =
    kind == StoreKind.Redis
      ? readRedis(config)
      : kind == StoreKind.RedisHttp
        ? readRest(config)
        : new SharedBackend(new SharedSpace(plugin.name, slots, metrics));
  if (config.errors.any) return null;
  const failMode = <FailMode>(
    config.choice("fail_mode", ["open", "closed", "local"], plugin.failMode)
  );
  const share = readShare(config);
  const needsFallback = failMode == FailMode.Local && kind != StoreKind.Shared;
  const fallback = needsFallback ? new SharedSpace(plugin.name, slots, metrics, share) : null;
  const breaker = readBreaker(config, metrics);
  if (backend === null || config.errors.any) return null;
  return new Store(kind, backend, failMode, breaker, fallback, metrics);
}

/** Errors are noted; the answer is any then. */
function readKind(config: ConfigReader): StoreKind {
  const store = config.block("store");
  // In Higress what counts for several gateways must not quietly become one gateway's own.
  const isWanted = isDefined(HIGRESS) && store === null;
  const fallback = isWanted || config.has("redis") ? StoreKind.Redis : StoreKind.Shared;
  if (store === null) return fallback;
  // All but the slots belong to other stores.
  const isShared = store.has("slots") && store.value.count() == 1;
  if (!isShared && !store.has("type")) store.refuse("type", "must be set");
  return <StoreKind>store.choice("type", ["shared", "redis", "redis-http"], fallback);
}

function readSlots(config: ConfigReader): i32 {
  const store = config.block("store");
  if (store === null) return DEFAULT_SLOTS;
  const slots = <i32>store.integer("slots", DEFAULT_SLOTS, 1, 65536);
  if (popcnt(slots) != 1) store.refuse("slots", "must be a power of two");
  return slots;
}

/** `local_share`, a number above 0 and up to 1, in millionths. */
function readShare(config: ConfigReader): i64 {
  if (!config.has("local_share")) return WHOLE;
  const share = millionths(config.text("local_share"));
  if (share < 1 || share > WHOLE) {
    config.refuse("local_share", "must be above 0, at most 1");
  }
  return share;
}

/** `0.25` → 250000; further digits are cut off. -1 for what is no such number. */
function millionths(text: Slice): i64 {
  const point = text.indexOf(0x2e);
  const whole = parseInteger(point < 0 ? text : text.sub(0, point));
  if (whole < 0 || whole > 1) return -1;
  let value = whole;
  for (let digit = 1; digit <= 6; digit++) {
    const byte = point < 0 ? -1 : text.at(point + digit);
    const isDigit = <u32>(byte - 0x30) < 10;
    if (!isDigit && byte >= 0) return -1;
    value = value * 10 + (isDigit ? byte - 0x30 : 0);
  }
  return value;
}

/** `breaker`; null: there is none. */
function readBreaker(config: ConfigReader, metrics: StoreMetrics): Breaker | null {
  const breaker = config.block("breaker");
  if (breaker === null) return null;
  const failures = <i32>breaker.integer("failures", 5, 1, 1000);
  const openMs = breaker.integer("open_ms", 2000, 1, 3600000);
  return config.errors.any ? null : new Breaker(failures, openMs, metrics.breakerState());
}
