import type { HeaderList } from "../abi/header-list.js";
import type { RouteOptions } from "../types.js";

const DEFAULT_TIMEOUT_MS = 15_000;

/** How long a request may take, and one attempt of it; 0 = as long as it likes. */
export interface Timeouts {
  globalMs: number;
  perTryMs: number;
}

/** Of the route, overruled by the request's headers, which are taken away. */
export function takeTimeouts(headers: HeaderList, route: RouteOptions): Timeouts {
  const take = (name: string): number | undefined => {
    const value = headers.get(name);
    headers.remove(name);
    return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
  };
  const globalMs = take("x-envoy-upstream-rq-timeout-ms") ?? route.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const perTry =
    take("x-envoy-upstream-rq-per-try-timeout-ms") ?? route.retry?.perTryTimeoutMs ?? 0;
  // One that could never end before the whole request is passed over.
  return { globalMs, perTryMs: globalMs > 0 && perTry >= globalMs ? 0 : perTry };
}

/** What the upstream is told (`x-envoy-expected-rq-timeout-ms`), `elapsedMs` after the request; 0 = nothing. */
export function expectedMs({ globalMs, perTryMs }: Timeouts, elapsedMs: number): number {
  const expected = perTryMs || globalMs;
  if (expected === 0 || globalMs === 0) return expected;
  return elapsedMs >= globalMs ? 1 : Math.min(expected, globalMs - elapsedMs);
}
