import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { allRoots, callForeign, getProperty, HttpContext, RootContext } from "proxy-wasm-as";
import { parseConfig, RouterConfig } from "./config";
import { Metrics } from "./metrics";
import { DECLARE_PROPERTY, INSTANCE, INSTANCE_ROOT, PLUGIN_NAME, SPLIT_DECLARATION } from "./names";
import { ModelRouter } from "./stream";

/** One configuration of model-router: which header tells routes about a request's model. */
export class ModelRouterRoot extends PluginRoot<RouterConfig> {
  /** Which of the gateway's plugins this is. An update of one has the same. */
  instance: Slice = NO_BYTES;
  /** Some part of the configuration splits. */
  splits: bool = false;
  private readonly metrics: Metrics = new Metrics();

  constructor(id: u32) {
    super(id, PLUGIN_NAME);
  }

  override onConfigure(configuration: Slice): bool {
    this.splits = false;
    if (!super.onConfigure(configuration)) return false;
    this.instance = nameOfInstance();
    if (this.isBoundToRoutes) {
      this.log.warn(
        "all rules are for routes or services, which are chosen before the model is known: " +
          "configure this plugin globally or for domains",
      );
    }
    if (this.splits && othersSplit(this)) {
      this.log.warn(
        "another instance of this plugin splits, too: the later one removes what the earlier one " +
          "says in the same headers, unless its stripClientHeaders is false",
      );
    }
    return true;
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
    if (config === null || config.split === null || this.splits) return config;
    this.splits = true;
    callForeign(DECLARE_PROPERTY, SPLIT_DECLARATION);
    return config;
  }
}

function nameOfInstance(): Slice {
  const name = getProperty(INSTANCE);
  const root = getProperty(INSTANCE_ROOT);
  return new Builder(64)
    .append(name === null ? NO_BYTES : name)
    .appendByte(0)
    .append(root === null ? NO_BYTES : root)
    .toSlice();
}

/**
 * True when another instance splits, as far as one module can see: gateways share it between
 * plugins of one file. Of an instance that was updated the newest configuration counts.
 */
function othersSplit(own: ModelRouterRoot): bool {
  const roots = allRoots();
  for (let i = 0; i < roots.length; i++) {
    const root = routerOf(roots[i]);
    if (root !== null && root.splits && !root.instance.equals(own.instance) && isNewest(root))
      return true;
  }
  return false;
}

function isNewest(root: ModelRouterRoot): bool {
  const roots = allRoots();
  for (let i = roots.length - 1; i >= 0; i--) {
    const newest = routerOf(roots[i]);
    if (newest !== null && newest.instance.equals(root.instance)) return newest === root;
  }
  return false;
}

/** Null for another plugin, with which a module may be shared. */
function routerOf(root: RootContext): ModelRouterRoot | null {
  return root instanceof ModelRouterRoot ? <ModelRouterRoot>root : null;
}
