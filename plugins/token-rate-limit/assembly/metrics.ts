import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { appendLabel } from "@ai-gateway-wasm/kit/assembly/series/label";
import { NONE, requestLabels, SeriesTable } from "@ai-gateway-wasm/kit/series";
import { Counter, requestHeaders } from "proxy-wasm-as";

const CHARGED: Slice = bytes("token_rate_limit_charged_tokens");
const RESERVED: Slice = bytes("token_rate_limit_reserved_tokens");
const REFUNDED: Slice = bytes("token_rate_limit_refunded_tokens");
const SHADOW_DENIED: Slice = bytes("token_rate_limit_shadow_denied");
const DENIED: Slice = bytes("token_rate_limit_denied.");
const UNREADABLE: Slice = bytes("token_rate_limit_uncounted_unreadable");
const TOO_LONG: Slice = bytes("token_rate_limit_uncounted_too_long");
const NO_USAGE: Slice = bytes("token_rate_limit_uncounted_no_usage");

/** Why a successful response was not counted. */
export const enum Uncounted {
  /** It is compressed, or of a binary type. */
  Unreadable,
  /** Where it may say what it used, it has an event or a value that is too long to keep. */
  TooLong,
  /** It does not say what it used. */
  NoUsage,
}

/** Counters of all configurations; no consumer in a name. */
@final
export class Metrics {
  readonly charged: Counter = new Counter(CHARGED);
  readonly reserved: Counter = new Counter(RESERVED);
  readonly refunded: Counter = new Counter(REFUNDED);
  /** Requests that `shadow` let pass. */
  readonly shadowDenied: Counter = new Counter(SHADOW_DENIED);
  private readonly unreadable: Counter = new Counter(UNREADABLE);
  private readonly tooLong: Counter = new Counter(TOO_LONG);
  private readonly noUsage: Counter = new Counter(NO_USAGE);

  countUncounted(reason: Uncounted): void {
    if (reason == Uncounted.Unreadable) this.unreadable.increment();
    else if (reason == Uncounted.TooLong) this.tooLong.increment();
    else this.noUsage.increment();
  }
}

/** What is counted by route, cluster and consumer, in the order of the names (ai-statistics.md 8.2). */
export const enum LimitEvent {
  /** A limit refuses the request (token-rate-limit.md 4.6). */
  Refusal,
  /** No store answered it. */
  Error,
}

const series: SeriesTable = new SeriesTable([
  "token_ratelimit_count",
  "token_ratelimit_error_count",
]);

/** Counts the running request, whose headers can be read. @param header with the consumer's name */
export function countFor(event: LimitEvent, header: Slice): void {
  const consumer = requestHeaders.get(header);
  series.of(requestLabels(NONE, consumer === null ? NONE : consumer)).count(event);
}

// Of the VM, for all configurations: gateways never forget a metric. Rules are the configuration's, so
// they are few.
const rules: Slice[] = [];
const denials: Counter[] = [];

/** Counts a denial by its rule. @param rule its label */
export function countDenial(rule: Slice): void {
  let at = 0;
  while (at < rules.length && !rules[at].equals(rule)) at++;
  if (at == rules.length) {
    rules.push(rule.copy());
    const name = new Builder().append(DENIED);
    appendLabel(name, rule);
    denials.push(new Counter(name.view()));
  }
  denials[at].increment();
}
