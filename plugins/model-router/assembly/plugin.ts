import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { callForeign, HttpContext } from "proxy-wasm-as";
import { parseConfig, RouterConfig } from "./config";
import { Metrics } from "./metrics";
import { DECLARE_PROPERTY, PLUGIN_NAME, SPLIT_DECLARATION } from "./names";
import { ModelRouter } from "./stream";

/** One configuration of model-router: which header tells routes about a request's model. */
export class ModelRouterRoot extends PluginRoot<RouterConfig> {
  private isDeclared: bool = false;
  private readonly metrics: Metrics = new Metrics();

  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override parseGlobal(document: ConfigReader): RouterConfig | null {
    return this.parse(document);
  }

  /** A rule stands alone: nothing is inherited from the global part. */
  override parseRule(rule: ConfigReader, _base: RouterConfig | null): RouterConfig | null {
    return this.parse(rule);
  }

  override accept(id: u32, config: RouterConfig): HttpContext | null {
    return new ModelRouter(id, config, this.log, this.metrics);
  }

  private parse(reader: ConfigReader): RouterConfig | null {
    const config = parseConfig(reader, this.log);
    if (config === null || config.split === null || this.isDeclared) return config;
    this.isDeclared = true;
    callForeign(DECLARE_PROPERTY, SPLIT_DECLARATION);
    return config;
  }
}
