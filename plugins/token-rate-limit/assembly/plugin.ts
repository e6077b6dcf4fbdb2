import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader } from "@ai-gateway-wasm/kit";
import { LastingStoreRoot, StoreKind, StorePlugin } from "@ai-gateway-wasm/store";
import { HttpContext } from "proxy-wasm-as";
import { LimitConfig, parseConfig } from "./config";
import { Metrics } from "./metrics";
import { PLUGIN_NAME } from "./names";
import { TokenRateLimit } from "./stream";

const NAME: Slice = bytes("token-rate-limit");
const METRIC_NAME: Slice = bytes("token_rate_limit");

/** One configuration of token-rate-limit: which requests share how many tokens. */
export class TokenRateLimitRoot extends LastingStoreRoot<LimitConfig> {
  private readonly metrics: Metrics = new Metrics();

  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override parseGlobal(document: ConfigReader): LimitConfig | null {
    return this.parse(document);
  }

  /** A rule stands alone: nothing is inherited from the global part. */
  override parseRule(rule: ConfigReader, _base: LimitConfig | null): LimitConfig | null {
    return this.parse(rule);
  }

  override accept(id: u32, config: LimitConfig): HttpContext | null {
    return new TokenRateLimit(id, config, this.calls, this.log, this.metrics);
  }

  private parse(reader: ConfigReader): LimitConfig | null {
    const config = parseConfig(reader, new StorePlugin(NAME, METRIC_NAME), this.log);
    // In Higress whoever has this asked for it.
    if (!isDefined(HIGRESS)) {
      if (config !== null && config.store.kind == StoreKind.Shared) {
        this.log.info("tokens are counted in the memory of this gateway, for it alone");
      }
    }
    return config;
  }
}
