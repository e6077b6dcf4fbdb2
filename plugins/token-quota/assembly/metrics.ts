import { bytes } from "@ai-gateway-wasm/bytes";
import { Counter } from "proxy-wasm-as";

/** Counters of all configurations; no consumer in a name, there may be any number of them. */
@final
export class Metrics {
  /** Requests refused because too little was left, or nobody knew. */
  readonly denied: Counter = new Counter(bytes("token_quota_denied"));
  /** Those that `shadow` let pass. */
  readonly shadowDenied: Counter = new Counter(bytes("token_quota_shadow_denied"));
  /** What was charged, in the unit of the balances. */
  readonly charged: Counter = new Counter(bytes("token_quota_charged"));
  /** Responses that did not say what they used, and were free. */
  readonly uncounted: Counter = new Counter(bytes("token_quota_uncounted"));
}
