import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { startTicks } from "@ai-gateway-wasm/kit/periodic";
import { HttpContext } from "proxy-wasm-as";
import { nowMs } from "./clock";
import { FallbackConfig, parseConfig, Role, Strategy } from "./config";
import { PLUGIN_NAME } from "./names";
import { NativeListener } from "./listener-native";
import { RedirectListener } from "./listener-redirect";
import { ReplayListener } from "./listener-replay";
import { UpstreamAttempt } from "./upstream";
import { TICK_MS, Waiting } from "./waiting";

/** One configuration of model-fallback: whom to ask when a model fails. */
export class ModelFallbackRoot extends PluginRoot<FallbackConfig> {
  private readonly waiting: Waiting = new Waiting();
  /** Only answers of `replay` can be waited for. */
  private waits: bool = false;

  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override parseGlobal(document: ConfigReader): FallbackConfig | null {
    return this.parse(document);
  }

  /** A rule stands alone: nothing is inherited from the global part. */
  override parseRule(rule: ConfigReader, _base: FallbackConfig | null): FallbackConfig | null {
    return this.parse(rule);
  }

  override complete(document: ConfigReader): void {
    if (!this.waits || startTicks(this.log, TICK_MS)) return;
    document.refuseWith("the host has no ticks");
  }

  override onTick(): void {
    this.waiting.look(nowMs());
  }

  /** One class for each place a request meets the plugin in. */
  override accept(id: u32, config: FallbackConfig): HttpContext | null {
    if (config.role == Role.Upstream) {
      return new UpstreamAttempt(id, config, config.orders, this.log);
    }
    switch (config.strategy) {
      case Strategy.Native:
        return new NativeListener(id, config, config.orders);
      case Strategy.Replay:
        return new ReplayListener(id, config, this.log, this.waiting);
      default:
        return new RedirectListener(id, config, this.log);
    }
  }

  private parse(reader: ConfigReader): FallbackConfig | null {
    const config = parseConfig(reader, this.log);
    if (config !== null && config.strategy == Strategy.Replay) this.waits = true;
    return config;
  }
}
