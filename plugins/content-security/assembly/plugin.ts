import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { startTicks } from "@ai-gateway-wasm/kit/periodic";
import { HttpContext } from "proxy-wasm-as";
import { SecurityConfig } from "./config";
import { Doubts } from "./doubts";
import { Flushes } from "./flushes";
import { Metrics } from "./metrics";
import { PLUGIN_NAME } from "./names";
import { parseConfig } from "./parser";
import { ContentStream } from "./stream";
import { TICK_MS } from "./ticks";

/** One configuration of content-security: who judges prompts and answers, and what is refused. */
export class ContentSecurityRoot extends PluginRoot<SecurityConfig> {
  private readonly metrics: Metrics = new Metrics();
  private readonly flushes: Flushes = new Flushes();
  /** Some part of the configuration that was read has windows that become due with time. */
  private isTimed: bool = false;

  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override parseGlobal(document: ConfigReader): SecurityConfig | null {
    return this.parse(document);
  }

  /** A rule stands alone: nothing is inherited from the global part. */
  override parseRule(rule: ConfigReader, _base: SecurityConfig | null): SecurityConfig | null {
    return this.parse(rule);
  }

  override prepare(_document: ConfigReader): void {
    this.isTimed = false;
  }

  override complete(document: ConfigReader): void {
    if (this.isTimed && !startTicks(this.log, TICK_MS))
      document.refuseWith("the host has no ticks");
  }

  override onTick(): void {
    this.flushes.tick();
  }

  override accept(id: u32, config: SecurityConfig): HttpContext | null {
    return new ContentStream(id, config, this.metrics, this.log, this.flushes);
  }

  private parse(reader: ConfigReader): SecurityConfig | null {
    const config = parseConfig(reader, new Doubts(reader, this.log));
    if (config !== null && config.flushTicks > 0) this.isTimed = true;
    return config;
  }
}
