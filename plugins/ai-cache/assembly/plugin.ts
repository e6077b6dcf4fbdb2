import { NO_BYTES } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { HeadersAction, HttpContext, requestHeaders } from "proxy-wasm-as";
import { parseConfig, AiCacheConfig } from "./config";
import { MISSING_HEADER, MISSING_HEADER_TEXT, PLUGIN_NAME } from "./names";

/** One configuration of ai-cache. */
export class AiCacheRoot extends PluginRoot<AiCacheConfig> {
  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override parseGlobal(document: ConfigReader): AiCacheConfig | null {
    return parseConfig(document);
  }

  /** A rule stands alone: it inherits nothing from the global part. */
  override parseRule(
    rule: ConfigReader,
    _base: AiCacheConfig | null,
  ): AiCacheConfig | null {
    return parseConfig(rule);
  }

  override accept(id: u32, config: AiCacheConfig): HttpContext | null {
    return new AiCache(id, config);
  }
}

/** One request: let through when it has the header, refused when it has not. */
class AiCache extends HttpContext {
  constructor(
    id: u32,
    private readonly config: AiCacheConfig,
  ) {
    super(id);
  }

  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    this.finish(); // nothing else of this request is of interest
    if (requestHeaders.get(this.config.header) !== null) return HeadersAction.Continue;
    return this.refuse();
  }

  private refuse(): HeadersAction {
    this.sendLocalReply(this.config.status, NO_BYTES, MISSING_HEADER_TEXT, MISSING_HEADER);
    return HeadersAction.StopAllIterationAndWatermark;
  }
}
