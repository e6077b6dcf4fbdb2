import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { RequestFacts } from "@ai-gateway-wasm/kit";
import { Labels, NO_LABEL, SeriesTable } from "@ai-gateway-wasm/kit/series";
import { Counter, Gauge, Histogram } from "proxy-wasm-as";
import { FAILURE_CLASSES, FailureClass } from "./reason";

const PREFIX: string = "model_fallback.";

/** What is counted by route, and cluster and model of the first target (ai-statistics.md 8.2). */
const enum FallbackEvent {
  Fallback,
  Success,
  Exhausted,
}

const series: SeriesTable = new SeriesTable([
  "model_fallback_count",
  "model_fallback_success_count",
  "model_fallback_exhausted_count",
]);

/**
 * Counts the running request, which its first target did not answer.
 *
 * @param cluster of that target
 * @param model that it was, or would have been, asked for
 * @param isServed another target did; false: none did
 */
export function countFallback(cluster: Slice, model: Slice, isServed: bool): void {
  const own = series.of(new Labels(new RequestFacts().route, cluster, model, NO_LABEL));
  own.count(FallbackEvent.Fallback);
  own.count(isServed ? FallbackEvent.Success : FallbackEvent.Exhausted);
}

/** What one chain counts. Names come from the configuration, never from requests. */
@final
export class ChainMetrics {
  readonly requests: Counter;
  readonly fallbackServed: Counter;
  readonly allFailed: Counter;

  constructor(chain: Slice) {
    const prefix = PREFIX + chain.toString() + ".";
    this.requests = new Counter(bytes(prefix + "requests"));
    this.fallbackServed = new Counter(bytes(prefix + "fallback_served"));
    this.allFailed = new Counter(bytes(prefix + "all_failed"));
  }
}

/** What one target of one chain counts. */
@final
export class TargetMetrics {
  readonly attempts: Counter;
  readonly success: Counter;
  readonly skipped: Counter;
  readonly breakerOpened: Counter;
  /** Of answers whose client had left. */
  readonly wastedTokens: Counter;
  /** 0 closed, 1 open, 2 half-open. */
  readonly breakerState: Gauge;
  /** From the beginning of the attempt to its first good event, in milliseconds. */
  readonly firstTokenMs: Histogram;
  private readonly failures: Counter[] = [];

  constructor(chain: Slice, target: Slice) {
    const prefix = PREFIX + chain.toString() + "." + target.toString() + ".";
    this.attempts = new Counter(bytes(prefix + "attempts"));
    this.success = new Counter(bytes(prefix + "success"));
    this.skipped = new Counter(bytes(prefix + "skipped"));
    this.breakerOpened = new Counter(bytes(prefix + "breaker_opened"));
    this.wastedTokens = new Counter(bytes(prefix + "wasted_tokens"));
    this.breakerState = new Gauge(bytes(prefix + "breaker_state"));
    this.firstTokenMs = new Histogram(bytes(prefix + "first_token_ms"));
    for (let i = 0; i < FAILURE_CLASSES.length; i++) {
      this.failures.push(new Counter(bytes(prefix + "fail." + FAILURE_CLASSES[i])));
    }
  }

  countFailure(kind: FailureClass): void {
    this.failures[kind].increment();
  }
}
