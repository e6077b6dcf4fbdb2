import { Builder, bytes, BytesTable, isValidUtf8, Slice } from "@ai-gateway-wasm/bytes";
import { RequestFacts } from "@ai-gateway-wasm/kit";
import { Counter, requestHeaders } from "proxy-wasm-as";
import { CONSUMER_HEADER } from "./names";

const NONE: Slice = bytes("none");
const UNKNOWN: Slice = bytes("-");
/**
 * Consumers may be what clients say, and gateways never forget a metric: beyond so many names, and
 * beyond so many bytes, they are counted as `none`. So is what is no UTF-8, for Prometheus throws away
 * the whole page for one such byte.
 */
const MOST_NAMES: i32 = 1000;
const LONGEST_NAME: i32 = 128;

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

/** The peer's counter of refusals (token-rate-limit.md 4.6). */
export const REFUSALS: string = "token_ratelimit_count";
/** Requests that no store answered. */
export const ERRORS: string = "token_ratelimit_error_count";

/** Counters by route, cluster and consumer. */
@final
export class DenialCounters {
  private readonly known: BytesTable<Counter> = new BytesTable<Counter>();

  /** Counts the running request, whose headers can be read. */
  count(metric: string): void {
    let consumer = requestHeaders.get(CONSUMER_HEADER);
    if (consumer === null || !isName(consumer)) consumer = NONE;
    const facts = new RequestFacts();
    let name = nameOf(facts, consumer, metric);
    let counter = this.known.find(name);
    if (counter === null && this.known.size >= MOST_NAMES) {
      name = nameOf(facts, NONE, metric);
      counter = this.known.find(name);
    }
    if (counter === null) {
      counter = new Counter(name);
      this.known.set(name, counter);
    }
    counter.increment();
  }
}

function isName(consumer: Slice): bool {
  return !consumer.isEmpty && consumer.length <= LONGEST_NAME && isValidUtf8(consumer);
}

function nameOf(facts: RequestFacts, consumer: Slice, metric: string): Slice {
  return new Builder(160)
    .appendText("route.")
    .append(either(facts.route))
    .appendText(".upstream.")
    .append(either(facts.cluster))
    .appendText(".model.none.consumer.")
    .append(consumer)
    .appendText(".metric.")
    .appendText(metric)
    .view();
}

function either(text: Slice): Slice {
  return text.isEmpty ? UNKNOWN : text;
}
