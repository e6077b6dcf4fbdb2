import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { HttpRequest, RouteCall } from "@ai-gateway-wasm/kit/route-call";
import { startHookFailed } from "@ai-gateway-wasm/kit/start-hook";
import {
  DataAction,
  HeadersAction,
  HttpContext,
  logLine,
  LogLevel,
  register,
  requestHeaders,
  responseHeaders,
  TrailersAction,
} from "proxy-wasm-as";

export * from "proxy-wasm-as/abi";
export {
  proxy_on_request_body,
  proxy_on_request_headers,
  proxy_on_response_body,
  proxy_on_response_headers,
  proxy_on_response_trailers,
} from "proxy-wasm-as/callbacks";

class Nothing {}

/** A plugin that cannot start when its configuration is the word `never`. */
class RouteRoot extends PluginRoot<Nothing> {
  constructor(id: u32) {
    super(id, "route-call");
  }

  override onConfigure(configuration: Slice): bool {
    const isReady = !configuration.equals(bytes('"never"'));
    return isReady ? super.onConfigure(configuration) : startHookFailed(this.log, "no disk");
  }

  override parseGlobal(_document: ConfigReader): Nothing {
    return new Nothing();
  }

  override parseRule(_rule: ConfigReader, _base: Nothing | null): Nothing {
    return new Nothing();
  }

  override accept(id: u32, _config: Nothing): HttpContext {
    return new RouteStream(id);
  }
}

/**
 * Asks `x-url` in place of what the client asks, with `x-body`, says what came and marks the answer. With
 * `x-late` its headers are let go before.
 */
class RouteStream extends HttpContext {
  private readonly call: RouteCall = new RouteCall();
  private isLate: bool = false;

  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    this.isLate = requestHeaders.get(bytes("x-late")) !== null;
    return this.isLate ? HeadersAction.Continue : HeadersAction.StopIteration;
  }

  override onRequestBody(_size: i32, endOfStream: bool): DataAction {
    if (!endOfStream) return DataAction.StopIterationAndBuffer;
    const request = new HttpRequest(bytes("PUT"), this.isLate ? bytes("/") : argument("x-url"))
      .header(bytes("x-many"), bytes("1"))
      .header(bytes("X-Many"), bytes("2"))
      .header(bytes("x-old"), bytes("new"));
    if (!this.isLate) request.body = argument("x-body");
    if (!this.call.start(request)) say(new Builder().appendText("not started"));
    return DataAction.Continue;
  }

  override onResponseHeaders(endOfStream: bool): HeadersAction {
    const action = this.call.holdHeaders(endOfStream);
    if (endOfStream) this.tell();
    return action;
  }

  override onResponseBody(_size: i32, endOfStream: bool): DataAction {
    const action = this.call.holdBody(endOfStream);
    if (endOfStream) this.tell();
    return action;
  }

  override onResponseTrailers(): TrailersAction {
    this.tell();
    return TrailersAction.Continue;
  }

  private tell(): void {
    const answer = this.call.answer();
    if (answer === null) return;
    const line = new Builder().appendInteger(answer.status).appendByte(0x20).append(answer.body);
    const from = answer.headers.find(bytes("x-from"));
    say(line.appendByte(0x20).append(from === null ? NO_BYTES : from));
    responseHeaders.set(bytes("x-judged"), bytes("1"));
    this.resumeResponse();
  }
}

function argument(name: string): Slice {
  const value = requestHeaders.get(bytes(name));
  return value === null ? NO_BYTES : value;
}

function say(line: Builder): void {
  logLine(LogLevel.Info, line.view());
}

register((id) => new RouteRoot(id));
