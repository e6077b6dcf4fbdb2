import { RequestValues } from "@ai-gateway-wasm/conditions";
import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { HttpContext, requestHeaders } from "proxy-wasm-as";
import { parseConfig, TagConfig } from "./config";
import { PLUGIN_NAME } from "./names";
import { Tag } from "./tag";

/** One configuration of traffic-tag: which requests get which header. */
export class TrafficTagRoot extends PluginRoot<TagConfig> {
  private readonly values: RequestValues = new RequestValues();

  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override parseGlobal(document: ConfigReader): TagConfig | null {
    return parseConfig(document, this.log);
  }

  /** A rule stands alone: it inherits nothing from the global part. */
  override parseRule(rule: ConfigReader, _base: TagConfig | null): TagConfig | null {
    return parseConfig(rule, this.log);
  }

  /** Tags the request at once: nothing else of it is of interest. */
  override accept(_id: u32, config: TagConfig): HttpContext | null {
    requestHeaders.load();
    const tag = this.choose(config);
    if (tag !== null) tag.add(config.overwrites, this.log);
    return null;
  }

  /** By conditions, else by chance, else for all. */
  private choose(config: TagConfig): Tag | null {
    const groups = config.groups;
    for (let i = 0; i < groups.length; i++) {
      if (groups[i].conditions.holds(this.values)) return groups[i].tag;
    }
    const picked = config.weights.pick();
    return picked === null ? config.fallback : picked;
  }
}
