import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { HttpContext } from "proxy-wasm-as";
import { parseConfig, RouterConfig } from "./config";
import { Metrics } from "./metrics";
import { PLUGIN_NAME } from "./names";
import { ModelRouter } from "./stream";

/** One configuration of model-router: which header tells routes about a request's model. */
export class ModelRouterRoot extends PluginRoot<RouterConfig> {
  private readonly metrics: Metrics = new Metrics();

  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override parseGlobal(document: ConfigReader): RouterConfig | null {
    return parseConfig(document, this.log);
  }

  /** A rule stands alone: nothing is inherited from the global part. */
  override parseRule(rule: ConfigReader, _base: RouterConfig | null): RouterConfig | null {
    return parseConfig(rule, this.log);
  }

  override accept(id: u32, config: RouterConfig): HttpContext | null {
    return new ModelRouter(id, config, this.log, this.metrics);
  }
}
