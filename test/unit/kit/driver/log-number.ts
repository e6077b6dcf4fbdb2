import { bytes } from "@ai-gateway-wasm/bytes";
import { addJsonToLog, addToLog } from "@ai-gateway-wasm/kit/log-number";
import {
  HeadersAction,
  HttpContext,
  logLine,
  LogLevel,
  register,
  requestHeaders,
  RootContext,
  setProperty,
} from "proxy-wasm-as";

export * from "proxy-wasm-as/abi";
export { proxy_on_request_headers } from "proxy-wasm-as/callbacks";

/*
 * A plugin that finds in `ai_log` what the header `x-log` says, adds a number and a document to it, and
 * logs whether it could.
 */
class LogRoot extends RootContext {
  override createStream(id: u32): HttpContext {
    return new LogStream(id);
  }
}

class LogStream extends HttpContext {
  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    const found = requestHeaders.get(bytes("x-log"));
    if (found !== null) setProperty(bytes("ai_log"), found);
    const number = addToLog(bytes("quota_remaining"), -5);
    const json = addJsonToLog(bytes("rule"), bytes('{"a":"b\\"c"}'));
    logLine(LogLevel.Info, bytes((number ? "number" : "-") + (json ? " json" : " -")));
    return HeadersAction.Continue;
  }
}

register((id) => new LogRoot(id));
