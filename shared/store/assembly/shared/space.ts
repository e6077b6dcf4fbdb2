import { Slice } from "@ai-gateway-wasm/bytes";
import { StoreMetrics } from "../metrics";

/** The part of shared data that belongs to one plugin. */
@final
export class SharedSpace {
  constructor(
    /** `<plugin>/v1/`. */
    readonly prefix: Slice,
    readonly metrics: StoreMetrics,
  ) {}
}
