// Numbers of the proxy-wasm ABI 0.2.1 as Envoy 1.40 and Higress 2.x understand them
// (contracts/host.md 3.2 and 6.3).

/** Result of every `env.proxy_*` call. */
export const enum Status {
  Ok = 0,
  NotFound = 1,
  BadArgument = 2,
  SerializationFailure = 3,
  ParseFailure = 4,
  BadExpression = 5,
  InvalidMemoryAccess = 6,
  Empty = 7,
  CasMismatch = 8,
  ResultMismatch = 9,
  InternalFailure = 10,
  BrokenConnection = 11,
  Unimplemented = 12,
}

export const enum LogLevel {
  Trace = 0,
  Debug = 1,
  Info = 2,
  Warn = 3,
  Error = 4,
  Critical = 5,
}

export const enum HeaderMapType {
  RequestHeaders = 0,
  RequestTrailers = 1,
  ResponseHeaders = 2,
  ResponseTrailers = 3,
  HttpCallResponseHeaders = 6,
  HttpCallResponseTrailers = 7,
}

export const enum BufferType {
  RequestBody = 0,
  ResponseBody = 1,
  HttpCallResponseBody = 4,
  VmConfiguration = 6,
  PluginConfiguration = 7,
  CallData = 8,
  /** Higress only. */
  RedisReply = 9,
}

export const enum StreamType {
  Request = 0,
  Response = 1,
}

export const enum MetricType {
  Counter = 0,
  Gauge = 1,
  Histogram = 2,
}

/** What a headers callback answers. Value 2 is left out: both hosts treat it as Continue. */
export const enum HeadersAction {
  Continue = 0,
  /**
   * Hold the headers, keep receiving this direction's body. Plain Envoy needs
   * `allow_on_headers_stop_iteration`, else it becomes StopAllIterationAndWatermark.
   */
  StopIteration = 1,
  /** Hold everything; more than the buffer limit is answered with 413 or 500. */
  StopAllIterationAndBuffer = 3,
  /** Hold everything; at the buffer limit the sender is slowed down. */
  StopAllIterationAndWatermark = 4,
}

/** What a body callback answers. */
export const enum DataAction {
  Continue = 0,
  /** Keep what came so far; the next callback sees it together with its own bytes. */
  StopIterationAndBuffer = 1,
  StopIterationAndWatermark = 2,
  /** Drop these bytes. */
  StopIterationNoBuffer = 3,
}

/** What a trailers callback answers. */
export const enum TrailersAction {
  Continue = 0,
  StopIteration = 1,
}
