import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { HttpContext } from "proxy-wasm-as";
import { SecurityConfig } from "./config";
import { Doubts } from "./doubts";
import { Metrics } from "./metrics";
import { PLUGIN_NAME } from "./names";
import { parseConfig } from "./parser";
import { ContentStream } from "./stream";

/** One configuration of content-security: who judges prompts and answers, and what is refused. */
export class ContentSecurityRoot extends PluginRoot<SecurityConfig> {
  private readonly metrics: Metrics = new Metrics();

  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override parseGlobal(document: ConfigReader): SecurityConfig | null {
    return parseConfig(document, new Doubts(document, this.log));
  }

  /** A rule stands alone: nothing is inherited from the global part. */
  override parseRule(rule: ConfigReader, _base: SecurityConfig | null): SecurityConfig | null {
    return parseConfig(rule, new Doubts(rule, this.log));
  }

  override accept(id: u32, config: SecurityConfig): HttpContext | null {
    return new ContentStream(id, config, this.metrics, this.log);
  }
}
