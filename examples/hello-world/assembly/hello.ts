import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { HeadersAction, HttpContext, requestHeaders, RootContext } from "proxy-wasm-as";

const HELLO: Slice = bytes("x-hello");
const WORLD: Slice = bytes("world");

/** One configuration of the plugin; it has none. */
export class HelloRoot extends RootContext {
  override createStream(id: u32): HttpContext {
    return new Hello(id);
  }
}

/** Tells the upstream hello. */
class Hello extends HttpContext {
  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    requestHeaders.set(HELLO, WORLD);
    this.finish();
    return HeadersAction.Continue;
  }
}
