import type { ClusterTraits, Json, NativeFilter, PluginOptions } from "../types.js";

/** What a cluster has besides its answers, said in the style of `upstream()`. */
export abstract class WithTraits {
  readonly traits: ClusterTraits = {};

  private with(traits: ClusterTraits): this {
    Object.assign(this.traits, traits);
    return this;
  }

  /** Upstream HTTP filters: they run once per attempt. Of clusters made of others, only the outer one's do. */
  filters(...filters: (PluginOptions | NativeFilter)[]): this {
    return this.with({ filters });
  }

  /** Retries that may be under way at once; default 3, as in Envoy. */
  maxRetries(count: number): this {
    return this.with({ maxRetries: count });
  }

  /** Metadata of the endpoint by namespace, e.g. `{ "envoy.lb": { canary: true } }`. */
  metadata(metadata: Record<string, Json>): this {
    return this.with({ metadata });
  }

  /** Address of the endpoint, as `upstream.address` shows it. */
  address(address: string): this {
    return this.with({ address });
  }
}
