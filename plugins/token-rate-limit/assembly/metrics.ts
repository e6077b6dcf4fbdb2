import { bytes } from "@ai-gateway-wasm/bytes";
import { NONE, requestLabels, SeriesTable } from "@ai-gateway-wasm/kit/series";
import { Counter, requestHeaders } from "proxy-wasm-as";
import { CONSUMER_HEADER } from "./names";

/** What is counted by route, cluster and consumer, in the order of the names. */
export const enum LimitEvent {
  /** A request is refused: the peer's counter (token-rate-limit.md 4.6). */
  Refusal,
  /** No store answers (ai-statistics.md 8.2). */
  Error,
}

const series: SeriesTable = new SeriesTable([
  "token_ratelimit_count",
  "token_ratelimit_error_count",
]);

/** Counts the running request, whose headers can be read. */
export function countFor(event: LimitEvent): void {
  const consumer = requestHeaders.get(CONSUMER_HEADER);
  series.of(requestLabels(NONE, consumer === null ? NONE : consumer)).count(event);
}

/** Why a successful response was not counted. */
export const enum Uncounted {
  /** It is compressed, or of a binary type. */
  Unreadable,
  /** It does not say what it used. */
  NoUsage,
}

/** Counters of all configurations; no consumer in a name. */
@final
export class Metrics {
  readonly charged: Counter = new Counter(bytes("token_rate_limit_charged_tokens"));
  readonly reserved: Counter = new Counter(bytes("token_rate_limit_reserved_tokens"));
  readonly refunded: Counter = new Counter(bytes("token_rate_limit_refunded_tokens"));
  /** Requests that `shadow` let pass. */
  readonly shadowDenied: Counter = new Counter(bytes("token_rate_limit_shadow_denied"));
  private readonly unreadable: Counter = new Counter(
    bytes("token_rate_limit_uncounted_unreadable"),
  );
  private readonly noUsage: Counter = new Counter(bytes("token_rate_limit_uncounted_no_usage"));

  countUncounted(reason: Uncounted): void {
    if (reason == Uncounted.Unreadable) this.unreadable.increment();
    else this.noUsage.increment();
  }
}
