import { Slice } from "@ai-gateway-wasm/bytes";
import { ModelMapping } from "@ai-gateway-wasm/llm/model";
import { Counter } from "proxy-wasm-as";

/** A header that a variant sets. */
@final
export class VariantHeader {
  constructor(
    readonly name: Slice,
    readonly value: Slice,
  ) {}
}

/** One of the models, or ways to one, that a rule's requests are split between. */
@final
export class Variant {
  /** Instead of `model`; null: none. */
  mapping: ModelMapping | null = null;
  readonly headers: VariantHeader[] = [];

  constructor(
    readonly name: Slice,
    /** Hundredths of a percent. */
    readonly weight: i32,
    /** Empty: the request keeps its own. */
    readonly model: Slice,
    /** Empty: what stands before the model's slash counts. */
    readonly provider: Slice,
    /** For `clusterHeader`; empty: none. */
    readonly cluster: Slice,
    readonly chosen: Counter,
  ) {}

  /** What this variant makes of a model's name. */
  map(model: Slice): Slice {
    const mapping = this.mapping;
    if (mapping !== null) return mapping.map(model);
    return this.model.isEmpty ? model : this.model;
  }
}
