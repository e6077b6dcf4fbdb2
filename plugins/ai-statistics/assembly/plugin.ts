import { Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { HttpContext } from "proxy-wasm-as";
import { parseConfig, StatisticsConfig } from "./config";
import { PLUGIN_NAME } from "./names";
import { noteMemory } from "./self-metrics";
import { Statistics } from "./stream";

/** One configuration of ai-statistics: what is written down of which requests. */
export class StatisticsRoot extends PluginRoot<StatisticsConfig> {
  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override followsAll(): bool {
    return true;
  }

  override onConfigure(configuration: Slice): bool {
    const isAccepted = super.onConfigure(configuration);
    noteMemory();
    return isAccepted;
  }

  override parseGlobal(document: ConfigReader): StatisticsConfig | null {
    return parseConfig(document, this.log);
  }

  /** A rule stands alone: it inherits nothing from the global part. */
  override parseRule(rule: ConfigReader, _base: StatisticsConfig | null): StatisticsConfig | null {
    return parseConfig(rule, this.log);
  }

  override accept(id: u32, config: StatisticsConfig): HttpContext | null {
    return new Statistics(id, config, this.log);
  }
}
