import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import {
  callForeign,
  callStatus,
  Counter,
  environmentVariable,
  getProperty,
  getSharedData,
  httpCall,
  HttpContext,
  isLogged,
  LogLevel,
  randomU64,
  register,
  registerQueue,
  requestHeaders,
  responseBody,
  RootContext,
  setProperty,
  setSharedData,
  setTickPeriod,
  wallClockNs,
} from "proxy-wasm-as";

export * from "proxy-wasm-as/abi";

/** A module that registers a root, and uses at most one thing: the one that is defined. */
class Root extends RootContext {
  override createStream(_id: u32): HttpContext | null {
    return null;
  }

  override onConfigure(configuration: Slice): bool {
    if (isDefined(USE_GET)) return requestHeaders.get(configuration) !== null;
    if (isDefined(USE_SET)) return requestHeaders.set(configuration, configuration) == 0;
    if (isDefined(USE_ADD)) return requestHeaders.add(configuration, configuration) == 0;
    if (isDefined(USE_REMOVE)) return requestHeaders.remove(configuration) == 0;
    if (isDefined(USE_PAIRS)) return requestHeaders.pairs().count > 0;
    if (isDefined(USE_REPLACE)) return responseBody.replace(configuration) == 0;
    if (isDefined(USE_BODY_SIZE)) return responseBody.size() == 0;
    if (isDefined(USE_HEADER_SIZE)) return requestHeaders.byteSize() == 0;
    if (isDefined(USE_STATUS)) return callStatus().code == 0;
    if (isDefined(USE_PROPERTY)) return getProperty(configuration) !== null;
    if (isDefined(USE_SET_PROPERTY)) return setProperty(configuration, configuration) == 0;
    if (isDefined(USE_SHARED)) return getSharedData(configuration) !== null;
    if (isDefined(USE_SET_SHARED)) return setSharedData(configuration, configuration, 0) == 0;
    if (isDefined(USE_QUEUE)) return registerQueue(configuration) == 0;
    if (isDefined(USE_COUNTER)) new Counter(configuration).increment();
    if (isDefined(USE_TICK)) return setTickPeriod(1) == 0;
    if (isDefined(USE_CLOCK)) return wallClockNs() > 0;
    if (isDefined(USE_RANDOM)) return randomU64() > 0;
    if (isDefined(USE_ENVIRONMENT)) return environmentVariable(configuration) !== null;
    if (isDefined(USE_FOREIGN)) return callForeign(configuration) !== null;
    if (isDefined(USE_LEVEL)) return isLogged(LogLevel.Info);
    if (isDefined(USE_HTTP)) {
      return httpCall(this.id, 1, bytes("c"), configuration, NO_BYTES, 1) == 0;
    }
    return true;
  }
}

register((id) => new Root(id));
