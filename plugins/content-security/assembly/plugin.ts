import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { HttpContext } from "proxy-wasm-as";
import { SecurityConfig } from "./config";
import { parseConfig } from "./dialect";
import { Metrics } from "./metrics";
import { PLUGIN_NAME } from "./names";
import { ContentStream } from "./stream";

/** One configuration of content-security: who judges prompts and answers, and what is refused. */
export class ContentSecurityRoot extends PluginRoot<SecurityConfig> {
  private readonly metrics: Metrics = new Metrics();

  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override parseGlobal(document: ConfigReader): SecurityConfig | null {
    return parseConfig(document);
  }

  /** A rule stands alone: nothing is inherited from the global part. */
  override parseRule(rule: ConfigReader, _base: SecurityConfig | null): SecurityConfig | null {
    return parseConfig(rule);
  }

  override accept(id: u32, config: SecurityConfig): HttpContext | null {
    return new ContentStream(id, config, this.metrics, this.log);
  }
}
