import { bytes, Slice } from "@ai-gateway-wasm/bytes";

export const PLUGIN_NAME: string = "model-fallback";

export const AUTHORITY: Slice = bytes(":authority");
export const METHOD: Slice = bytes(":method");
export const PATH: Slice = bytes(":path");
export const STATUS: Slice = bytes(":status");
export const ACCEPT_ENCODING: Slice = bytes("accept-encoding");
export const AUTHORIZATION: Slice = bytes("authorization");
export const CONTENT_ENCODING: Slice = bytes("content-encoding");
export const CONTENT_LENGTH: Slice = bytes("content-length");
export const CONTENT_TYPE: Slice = bytes("content-type");
export const REQUEST_ID: Slice = bytes("x-request-id");
export const RETRY_AFTER: Slice = bytes("retry-after");
export const TRANSFER_ENCODING: Slice = bytes("transfer-encoding");
/** What Envoy's rate limits add to their 429. */
export const RATE_LIMITED: Slice = bytes("x-envoy-ratelimited");
/** Who asks: key-auth writes it, and takes away what clients write. */
export const CONSUMER_HEADER: Slice = bytes("x-mse-consumer");
/** What clients identify themselves with at model providers. */
export const CREDENTIAL_HEADERS: Slice[] = [
  AUTHORIZATION,
  bytes("x-api-key"),
  bytes("api-key"),
  bytes("x-goog-api-key"),
];

/** What goes on with a request of our own, besides credentials of the client that a target keeps. */
export const PASSED_ON: Slice[] = [
  METHOD,
  PATH,
  AUTHORITY,
  CONTENT_TYPE,
  bytes("accept"),
  bytes("user-agent"),
  REQUEST_ID,
  bytes("traceparent"),
  bytes("tracestate"),
  bytes("baggage"),
];

// Requests to Envoy's router (model-fallback.md 4.2).
export const RETRY_ON: Slice = bytes("x-envoy-retry-on");
export const RETRIABLE_STATUS_CODES: Slice = bytes("x-envoy-retriable-status-codes");
export const MAX_RETRIES: Slice = bytes("x-envoy-max-retries");
export const PER_TRY_TIMEOUT: Slice = bytes("x-envoy-upstream-rq-per-try-timeout-ms");
export const TOTAL_TIMEOUT: Slice = bytes("x-envoy-upstream-rq-timeout-ms");
export const ROUTER_HEADERS: Slice[] = [
  RETRY_ON,
  RETRIABLE_STATUS_CODES,
  MAX_RETRIES,
  PER_TRY_TIMEOUT,
  TOTAL_TIMEOUT,
  // A client whose requests Envoy takes for internal could have two attempts run at once.
  bytes("x-envoy-hedge-on-per-try-timeout"),
];

// What clients are told, until `expose` names it otherwise (4.1).
export const FALLBACK_FROM: Slice = bytes("x-fallback-from");
export const LLM_TARGET: Slice = bytes("x-llm-target");
export const LLM_MODEL: Slice = bytes("x-llm-model");
export const FALLBACK_ATTEMPTS: Slice = bytes("x-fallback-attempts");
export const FALLBACK_REASON: Slice = bytes("x-fallback-reason");
/** Higress's own mark of a fallback. */
export const HIGRESS_FALLBACK_FROM: Slice = bytes("x-higress-fallback-from");
/** Passes of `redirect` so far. */
export const HOP: Slice = bytes("x-model-fallback-hop");
// What Higress and its authenticators look at after a redirect (model-fallback.md 1.2.4).
export const ORIGINAL_PATH: Slice = bytes("x-envoy-original-path");
export const ORIGINAL_HOST: Slice = bytes("x-envoy-original-host");
export const ORIGINAL_AUTH: Slice = bytes("x-hi-original-auth");
export const OPT_OUT: Slice = bytes("x-model-fallback");

// Filter state of one request (4.3).
export const CHAIN_PROPERTY: Slice = bytes("model_fallback_chain");
/** Internal: what attempts begin with, and how far they came. */
export const ORIGINAL_PROPERTY: Slice = bytes("model_fallback_orig");
export const TRACE_PROPERTY: Slice = bytes("model_fallback_trace");
/** Internal: the shortest wait, in seconds, that a failed attempt asked for. */
export const RETRY_AFTER_PROPERTY: Slice = bytes("model_fallback_retry_after");
export const SERVED_PROPERTY: Slice = bytes("model_fallback_served");
export const FROM_PROPERTY: Slice = bytes("model_fallback_from");

// Property paths: segments joined by NUL (host.md 5.1).
export const XDS_CLUSTER_NAME: Slice = bytes("xds\u0000cluster_name");
export const UPSTREAM_ADDRESS: Slice = bytes("upstream\u0000address");
export const TRANSPORT_FAILURE: Slice = bytes("upstream\u0000transport_failure_reason");
export const RESPONSE_FLAGS: Slice = bytes("response\u0000flags");
export const RESPONSE_DETAILS: Slice = bytes("response\u0000code_details");

/** Response code details of answers of our own. */
export const ALL_FAILED_DETAILS: Slice = bytes("model_fallback.all_failed");
export const REPLAYED_DETAILS: Slice = bytes("model_fallback.replayed");
export const TOO_LARGE_DETAILS: Slice = bytes("model_fallback.too_large");
/** Of `redirect`: the breaker of the pass's target is open. */
export const SKIPPED_DETAILS: Slice = bytes("model_fallback.skipped");

export const JSON_TYPE: Slice = bytes("application/json");
export const EVENT_STREAM_TYPE: Slice = bytes("text/event-stream");
