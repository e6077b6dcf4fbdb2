/** The metrics of one label set: counters up to `FirstTokenMs`, then histograms. */
export const enum Metric {
  // The peer's.
  Failures,
  InputTokens,
  OutputTokens,
  TotalTokens,
  FirstTokenDuration,
  StreamDurations,
  ServiceDuration,
  Durations,
  // Requests.
  Requests,
  Errors,
  ClientAborts,
  UsageMissing,
  // Kinds of tokens: parts of input and output.
  CachedInput,
  CacheWriteInput,
  ReasoningOutput,
  ToolUseInput,
  /** Where models have prices. */
  Cost,
  // Without a consumer.
  Status2xx,
  Status4xx,
  Status429,
  Status5xx,
  // Histograms, without a consumer.
  FirstTokenMs,
  ServiceMs,
  OutputTokenMs,
  Count,
}

/** What stands behind `.metric.`, in the order of `Metric`. */
export const METRIC_NAMES: string[] = [
  "llm_failure_count",
  "input_token",
  "output_token",
  "total_token",
  "llm_first_token_duration",
  "llm_stream_duration_count",
  "llm_service_duration",
  "llm_duration_count",
  "llm_request_count",
  "llm_error_count",
  "llm_client_abort_count",
  "llm_usage_missing_count",
  "cached_input_token",
  "cache_write_input_token",
  "reasoning_output_token",
  "tool_use_input_token",
  "llm_cost_millionths",
  "llm_status_2xx_count",
  "llm_status_4xx_count",
  "llm_status_429_count",
  "llm_status_5xx_count",
  "llm_first_token_ms",
  "llm_service_ms",
  "llm_output_token_ms",
];
