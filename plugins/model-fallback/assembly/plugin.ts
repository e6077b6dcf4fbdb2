import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigErrors, ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
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

const UPSTREAM: Slice = bytes("upstream");

/** One configuration of model-fallback: whom to ask when a model fails. */
export class ModelFallbackRoot extends PluginRoot<FallbackConfig> {
  private readonly waiting: Waiting = new Waiting();
  /** Only answers of `replay` can be waited for. */
  private waits: bool = false;
  /** The global part as it was read last, when its role is `upstream`. */
  private read: FallbackConfig | null = null;
  /** The same once everything was accepted. Null: this is the listener's part. */
  private attempts: FallbackConfig | null = null;

  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override prepare(_document: ConfigReader): void {
    this.read = null;
  }

  override parseGlobal(document: ConfigReader): FallbackConfig | null {
    const config = this.parse(document);
    if (config !== null && config.role == Role.Upstream) this.read = config;
    return config;
  }

  /** In the upstream chain there would be nothing left that counts. */
  override withoutGlobal(document: ConfigReader, errors: ConfigErrors): FallbackConfig | null {
    if (document.text("role").equals(UPSTREAM)) document.refuseWith(errors.message);
    return null;
  }

  /** A rule stands alone: nothing is inherited from the global part. */
  override parseRule(rule: ConfigReader, _base: FallbackConfig | null): FallbackConfig | null {
    return this.parse(rule);
  }

  override complete(document: ConfigReader): void {
    if (this.waits && !startTicks(this.log, TICK_MS)) {
      document.refuseWith("the host has no ticks");
      return;
    }
    this.attempts = this.read;
  }

  /** An attempt has the host and path of its target: no rule may be chosen by them (model-fallback.md 2). */
  override createStream(id: u32): HttpContext | null {
    const own = this.attempts;
    return own !== null ? this.accept(id, own) : super.createStream(id);
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
        return new ReplayListener(id, config, this.waiting);
      default:
        return new RedirectListener(id, config);
    }
  }

  private parse(reader: ConfigReader): FallbackConfig | null {
    const config = parseConfig(reader, this.log);
    if (config !== null && config.strategy == Strategy.Replay) this.waits = true;
    return config;
  }
}
