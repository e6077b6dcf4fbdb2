import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { HttpContext } from "proxy-wasm-as";
import { MapperConfig, parseConfig } from "./config";
import { PLUGIN_NAME } from "./names";
import { ModelMapper } from "./stream";

/** One configuration of model-mapper: what model names become on their way to an upstream. */
export class ModelMapperRoot extends PluginRoot<MapperConfig> {
  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override parseGlobal(document: ConfigReader): MapperConfig | null {
    return parseConfig(document, this.log);
  }

  /** A rule stands alone: nothing is inherited from the global part. */
  override parseRule(rule: ConfigReader, _base: MapperConfig | null): MapperConfig | null {
    return parseConfig(rule, this.log);
  }

  override accept(id: u32, config: MapperConfig): HttpContext | null {
    return new ModelMapper(id, config, this.log);
  }
}
