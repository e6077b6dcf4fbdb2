import { bytes } from "@ai-gateway-wasm/bytes";
import { Counter } from "proxy-wasm-as";

/** Counters of all configurations. */
@final
export class Metrics {
  /** Requests to a path of ours whose body was not understood. */
  readonly unparsed: Counter = new Counter(bytes("model_router.unparsed"));
}
