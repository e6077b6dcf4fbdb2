import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { NONE, requestLabels, SeriesTable } from "@ai-gateway-wasm/kit/series";
import { Counter } from "proxy-wasm-as";

/** What is counted by route, cluster and consumer, in the order of the names (ai-statistics.md 8.2). */
export const enum QuotaEvent {
  /** A request is refused. */
  Reject,
  /** A balance is not known. */
  Error,
}

const series: SeriesTable = new SeriesTable([
  "token_quota_reject_count",
  "token_quota_error_count",
]);

/** Counts the running request. */
export function countFor(consumer: Slice, event: QuotaEvent): void {
  series.of(requestLabels(NONE, consumer)).count(event);
}

/** Counters of all configurations. */
@final
export class Metrics {
  /** Requests refused because too little was left. */
  readonly denied: Counter = new Counter(bytes("token_quota_denied"));
  /** Those that `shadow` let pass. */
  readonly shadowDenied: Counter = new Counter(bytes("token_quota_shadow_denied"));
  /** What was charged, in the unit of the balances. */
  readonly charged: Counter = new Counter(bytes("token_quota_charged"));
  /** Responses that did not say what they used, and were free. */
  readonly uncounted: Counter = new Counter(bytes("token_quota_uncounted"));
}
