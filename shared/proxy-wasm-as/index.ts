export {
  DataAction,
  HeadersAction,
  LogLevel,
  Status,
  StreamType,
  TrailersAction,
} from "./assembly/abi/enums";
export { HttpContext } from "./assembly/context/http";
export { canReadRequestHeaders } from "./assembly/dispatch/callback";
export { register, RootContext } from "./assembly/context/root";
export { allRoots } from "./assembly/dispatch/roots";
export {
  HostBuffer,
  pluginConfiguration,
  requestBody,
  responseBody,
  vmConfiguration,
} from "./assembly/host/body";
export { callStatus, CallStatus } from "./assembly/host/call-status";
export { monotonicNs, wallClockNs, wallClockSeconds } from "./assembly/host/clock";
export { environmentVariable } from "./assembly/host/environment";
export { setTickPeriod } from "./assembly/host/flow";
export { callForeign, hasForeign } from "./assembly/host/foreign";
export {
  HeaderMap,
  requestHeaders,
  requestTrailers,
  responseHeaders,
  responseTrailers,
} from "./assembly/host/headers";
export { httpCall, HttpCallResponse, httpCallWithTrailers } from "./assembly/host/http-call";
export { isLogged, logLine } from "./assembly/host/log";
export { Counter, Gauge, Histogram } from "./assembly/host/metric";
export { getProperty, setProperty } from "./assembly/host/property";
export { randomBytes, randomU64 } from "./assembly/host/random";
export {
  ALWAYS,
  getSharedData,
  ONLY_IF_ABSENT,
  setSharedData,
  SharedValue,
} from "./assembly/host/shared-data";
export {
  dequeue,
  enqueue,
  NO_QUEUE,
  registerQueue,
  resolveQueue,
} from "./assembly/host/shared-queue";
export { isHeaderName, isHeaderValue } from "./assembly/memory/header-value";
export { Pairs, PairsBuilder, propertyPath } from "./assembly/memory/pairs";
