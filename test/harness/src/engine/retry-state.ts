import type { HeaderList } from "../abi/header-list.js";
import type { RetryOptions } from "../types.js";

/** Headers by which a request asks for retries; consumed by the router. */
const RETRY_HEADERS = [
  "x-envoy-retry-on",
  "x-envoy-retry-grpc-on",
  "x-envoy-max-retries",
  "x-envoy-retriable-status-codes",
  "x-envoy-retriable-header-names",
  "x-envoy-hedge-on-per-try-timeout",
  "x-envoy-upstream-rq-per-try-timeout-ms",
] as const;

/** Conditions Envoy 1.40 knows; it passes over any other word. */
const CONDITIONS = new Set(
  ("5xx gateway-error reset reset-before-request connect-failure refused-stream retriable-4xx " +
    "retriable-status-codes retriable-headers envoy-ratelimited http3-post-connect-failure").split(" "), // prettier-ignore
);
/** Conditions of `x-envoy-retry-grpc-on`, by the status they mean. */
const GRPC_CONDITIONS: Readonly<Record<string, string>> = {
  cancelled: "1",
  "deadline-exceeded": "4",
  "resource-exhausted": "8",
  internal: "13",
  unavailable: "14",
};

/** First and longest back-off, ms; the real one is anything below. */
const BACKOFF_MS = 25;
const LONGEST_BACKOFF_MS = 250;
const DEFAULT_MAX_RETRIES = 3;

/** What becomes of a failed attempt: another one, or why not. */
export type RetryVerdict = "retry" | "no" | "limit" | "overflow";

/** Retries that cluster `name` has under way, with the breaker's limit. */
export interface RetryBreaker {
  active: Map<string, number>;
  name: string;
  limit: number | undefined;
}

const words = (text: string | undefined): string[] =>
  (text ?? "").split(",").map((word) => word.trim());

/** Envoy's retry policy of one request: that of its route and that of its own headers. */
export class RetryState {
  private remaining: number;
  private backoff = BACKOFF_MS;
  /** A retry was begun: it counts until the next decision, or the end. */
  private counted = false;

  private constructor(
    private on: ReadonlySet<string>,
    private statuses: ReadonlySet<number>,
    private headerNames: readonly string[],
    retries: number,
    private breaker: RetryBreaker,
  ) {
    this.remaining = retries;
  }

  /** Reads the headers and takes them away; null when nothing is ever retried. */
  static take(
    headers: HeaderList,
    policy: RetryOptions | undefined,
    breaker: RetryBreaker,
  ): RetryState | null {
    const asked = headers.get("x-envoy-retry-on");
    const grpc = headers.get("x-envoy-retry-grpc-on");
    const on = new Set(
      [...words(policy?.on), ...words(asked)].filter((word) => CONDITIONS.has(word)),
    );
    for (const word of [...words(policy?.on), ...words(grpc)])
      if (GRPC_CONDITIONS[word]) on.add(word);
    const most = Number(/^\d+$/.exec(headers.get("x-envoy-max-retries") ?? "")?.[0] ?? NaN);
    const codes = words(headers.get("x-envoy-retriable-status-codes")).filter((w) =>
      /^\d+$/.test(w),
    );
    const names = words(headers.get("x-envoy-retriable-header-names")).filter(
      (word) => word !== "",
    );
    for (const name of RETRY_HEADERS) headers.remove(name);
    const wanted = asked !== undefined || grpc !== undefined || policy?.on !== undefined;
    if (!wanted) return null;
    const retries = on.size > 0 && !Number.isNaN(most) ? most : (policy?.retries ?? 1);
    const statuses = new Set([...(policy?.statusCodes ?? []), ...codes.map(Number)]);
    return new RetryState(on, statuses, names, retries, breaker);
  }

  /** An answer came, its headers as the upstream filters left them. */
  afterHeaders(headers: HeaderList): RetryVerdict {
    return this.decide(this.isBad(headers));
  }

  private isBad(headers: HeaderList): boolean {
    const { on } = this;
    const status = Number(headers.get(":status"));
    if (headers.has("x-envoy-ratelimited")) return on.has("envoy-ratelimited");
    if (on.has("5xx") && status >= 500 && status < 600) return true;
    if (on.has("gateway-error") && status >= 502 && status <= 504) return true;
    if (on.has("retriable-4xx") && status === 409) return true;
    if (on.has("retriable-status-codes") && this.statuses.has(status)) return true;
    if (on.has("retriable-headers") && this.headerNames.some((name) => headers.has(name.toLowerCase()))) return true; // prettier-ignore
    const grpc = headers.get("grpc-status");
    return Object.entries(GRPC_CONDITIONS).some(([word, code]) => on.has(word) && grpc === code);
  }

  /** No answer came. `sent`: the upstream was sent the request's headers. */
  afterReset(reason: string, sent: boolean): RetryVerdict {
    const { on } = this;
    const refused = reason === "remote refused stream reset";
    const connect = reason === "remote connection failure";
    return this.decide(
      on.has("reset") ||
        on.has("5xx") ||
        on.has("gateway-error") ||
        (on.has("refused-stream") && refused) ||
        (on.has("connect-failure") && connect) ||
        (on.has("reset-before-request") && !sent),
    );
  }

  private decide(bad: boolean): RetryVerdict {
    this.release();
    if (!bad) return "no";
    if (this.remaining === 0) return "limit";
    this.remaining--;
    const { active, name, limit = DEFAULT_MAX_RETRIES } = this.breaker;
    const count = active.get(name) ?? 0;
    if (count >= limit) return "overflow";
    active.set(name, count + 1);
    this.counted = true;
    return "retry";
  }

  /** The retry it counts for is over. */
  release(): void {
    if (!this.counted) return;
    this.counted = false;
    const { active, name } = this.breaker;
    active.set(name, (active.get(name) ?? 1) - 1);
  }

  /** Milliseconds to wait now; `random` is a number from 0 on. */
  nextBackoff(random: number): number {
    const ms = random % this.backoff;
    this.backoff = Math.min(this.backoff * 2, LONGEST_BACKOFF_MS);
    return ms;
  }
}
