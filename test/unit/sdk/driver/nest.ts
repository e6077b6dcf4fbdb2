import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import {
  canReadRequestHeaders,
  DataAction,
  HeadersAction,
  HttpContext,
  isLogged,
  logLine,
  LogLevel,
  register,
  requestHeaders,
  responseHeaders,
  RootContext,
} from "proxy-wasm-as";
import { injectResponseBody } from "proxy-wasm-as/higress";

export * from "proxy-wasm-as/abi";
// Neither log nor delete: streams end without telling.
export {
  proxy_on_request_headers,
  proxy_on_response_body,
  proxy_on_tick,
} from "proxy-wasm-as/callbacks";

const PATH: Slice = bytes(":path");
const VALUE: Slice = bytes("x-value");

/*
 * Streams that run inside of each other: injected bytes go to the next filter at once. What one does
 * stands in its path:
 *
 *   outer      holds its request; injects into its response and tells what it still knows then
 *   inner      leaves 100 KB of garbage in its response body callback
 *   reply      answers in that callback
 *   deep       injects there, and so on
 *   meddler    injects there, then answers the stream `other`
 *   passes     lets everything pass
 *
 * A tick tells whether debug lines are printed.
 */
class NestRoot extends RootContext {
  /** The last stream to whom others may reply. */
  other: NestStream | null = null;

  override createStream(id: u32): HttpContext {
    const path = requestHeaders.get(PATH);
    const stream = new NestStream(id, this, path === null ? NO_BYTES : path.copy());
    if (stream.path.equals(bytes("other"))) this.other = stream;
    return stream;
  }

  override onTick(): void {
    tell(isLogged(LogLevel.Debug) ? "debug" : "no debug");
  }
}

class NestStream extends HttpContext {
  constructor(
    id: u32,
    private readonly root: NestRoot,
    readonly path: Slice,
  ) {
    super(id);
  }

  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    return this.path.equals(bytes("outer")) ? HeadersAction.StopIteration : HeadersAction.Continue;
  }

  override onResponseBody(_size: i32, _endOfStream: bool): DataAction {
    const path = this.path;
    if (path.equals(bytes("outer"))) this.inject();
    if (path.equals(bytes("inner"))) leaveGarbage();
    if (path.equals(bytes("deep"))) injectResponseBody(bytes("x"), false);
    if (path.equals(bytes("reply"))) this.reply();
    if (path.equals(bytes("meddler"))) {
      injectResponseBody(bytes("x"), false);
      const other = this.root.other;
      if (other !== null) other.reply();
    }
    return DataAction.Continue;
  }

  reply(): void {
    this.sendLocalReply(418, NO_BYTES, bytes("no"));
  }

  private inject(): void {
    responseHeaders.load();
    const borrowed = responseHeaders.get(VALUE); // bytes of the host
    const own: Slice[] = []; // nobody but the stack knows these
    for (let i = 0; i < 100; i++) own.push(bytes("own").copy());
    const status = injectResponseBody(bytes("x"), false);
    let intact = 0;
    for (let i = 0; i < own.length; i++) if (own[i].equals(bytes("own"))) intact++;
    const again = responseHeaders.get(VALUE);
    const line = new Builder().appendInteger(status).appendByte(0x20).appendInteger(intact);
    line.appendByte(0x20).append(borrowed === null ? NO_BYTES : borrowed);
    line.appendByte(0x20).append(again === null ? NO_BYTES : again);
    tell(
      line
        .appendText(canReadRequestHeaders() ? " readable" : " released")
        .toSlice()
        .toString(),
    );
    this.closeStream();
  }
}

function leaveGarbage(): void {
  responseHeaders.load();
  const value = responseHeaders.get(VALUE);
  const garbage = new Builder(50000);
  for (let i = 0; i < 6000; i++) garbage.appendText("garbage ");
  if (value !== null && value.isEmpty) tell("no value");
}

function tell(text: string): void {
  logLine(LogLevel.Info, bytes(text));
}

register((id) => new NestRoot(id));
