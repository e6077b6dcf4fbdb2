import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginLog } from "@ai-gateway-wasm/kit";
import { FailMode, Store } from "./store";

/** What `readStore` has to know about the plugin. */
@final
export class StorePlugin {
  constructor(
    /** Plugin name: prefix of the keys in shared data, `token-rate-limit`. */
    readonly name: Slice,
    /** The same as metrics spell it, `token_rate_limit`. */
    readonly metricName: Slice,
    readonly log: PluginLog,
    /** `fail_mode` of a configuration that has none. */
    readonly failMode: FailMode = FailMode.Open,
  ) {}
}

/**
 * Reads `redis`, `store`, `fail_mode`, `local_share` and `breaker`, and tells the gateway the Redis
 * login at once, as peers do (token-rate-limit.md 2 and 2.4).
 *
 *   store             what
 *   (absent)          `redis` when that block is there, else shared data
 *   type: redis       Higress' host call, with the block `redis`; not in the Envoy build
 *   type: redis-http  an HTTP front of Redis: Upstash or Webdis
 *   type: shared      shared data of this gateway
 *
 * @returns null when it is refused; the reason is noted in the reader
 */
export function readStore(config: ConfigReader, plugin: StorePlugin): Store | null {
  return null;
}
