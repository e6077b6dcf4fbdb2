import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import {
  callStatus,
  DataAction,
  HeadersAction,
  httpCall,
  HttpCallResponse,
  HttpContext,
  logLine,
  LogLevel,
  PairsBuilder,
  register,
  requestBody,
  requestHeaders,
  responseHeaders,
  RootContext,
} from "proxy-wasm-as";

export * from "proxy-wasm-as/abi";
export {
  proxy_on_http_call_response,
  proxy_on_request_body,
  proxy_on_request_headers,
} from "proxy-wasm-as/callbacks";

/** Logs how large things are, then how a call to `asked` ended. */
class SizesRoot extends RootContext {
  override createStream(id: u32): HttpContext {
    return new SizesStream(id);
  }
}

class SizesStream extends HttpContext {
  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    requestHeaders.replaceAll(
      new PairsBuilder()
        .add(bytes(":method"), bytes("POST"))
        .add(bytes(":path"), bytes("/"))
        .add(bytes(":authority"), bytes("a"))
        .add(bytes(":scheme"), bytes("http"))
        .add(bytes("x-forwarded-proto"), bytes("http")),
    );
    say("headers", requestHeaders.byteSize(), NO_BYTES);
    say("no headers", responseHeaders.byteSize(), NO_BYTES);
    say("no body", requestBody.size(), NO_BYTES);
    return HeadersAction.Continue;
  }

  override onRequestBody(_size: i32, endOfStream: bool): DataAction {
    say("body", requestBody.size(), NO_BYTES);
    if (!endOfStream) return DataAction.StopIterationAndBuffer;
    const headers = new PairsBuilder()
      .add(bytes(":method"), bytes("GET"))
      .add(bytes(":path"), bytes("/"))
      .add(bytes(":authority"), bytes("a"));
    httpCall(this.id, 1, bytes("asked"), headers.build(), NO_BYTES, 0);
    return DataAction.StopIterationAndBuffer;
  }

  override onHttpCallResponse(_tag: i32, response: HttpCallResponse): void {
    const status = callStatus();
    say("call", status.code, status.message);
    say("status", response.status, NO_BYTES);
    this.resumeRequest();
  }
}

function say(what: string, value: i64, more: Slice): void {
  const line = new Builder().appendText(what).appendByte(0x20).appendInteger(value);
  if (!more.isEmpty) line.appendByte(0x20).append(more);
  logLine(LogLevel.Info, line.view());
}

register((id) => new SizesRoot(id));
