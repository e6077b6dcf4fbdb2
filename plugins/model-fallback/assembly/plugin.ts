import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { HttpContext } from "proxy-wasm-as";
import { FallbackConfig, parseConfig, Role, Strategy } from "./config";
import { PLUGIN_NAME } from "./names";
import { NativeListener } from "./listener-native";
import { UpstreamAttempt } from "./upstream";

/** One configuration of model-fallback: whom to ask when a model fails. */
export class ModelFallbackRoot extends PluginRoot<FallbackConfig> {
  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override parseGlobal(document: ConfigReader): FallbackConfig | null {
    return parseConfig(document, this.log);
  }

  /** A rule stands alone: nothing is inherited from the global part. */
  override parseRule(rule: ConfigReader, _base: FallbackConfig | null): FallbackConfig | null {
    return parseConfig(rule, this.log);
  }

  /** One class for each place a request meets the plugin in. */
  override accept(id: u32, config: FallbackConfig): HttpContext | null {
    if (config.role == Role.Upstream) {
      return new UpstreamAttempt(id, config, config.orders, this.log);
    }
    switch (config.strategy) {
      case Strategy.Native:
        return new NativeListener(id, config, config.orders);
      default:
        return null;
    }
  }
}
