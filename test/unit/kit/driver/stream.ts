import { Builder, bytes, NO_BYTES, parseInteger, Slice } from "@ai-gateway-wasm/bytes";
import {
  announcedLength,
  chooseRouteAgain,
  isEncoded,
  isUnreadable,
  isWebSocket,
  keepRoute,
  limitRequestBuffer,
  limitResponseBuffer,
  PluginLog,
} from "@ai-gateway-wasm/kit";
import { limitRequestsPerCycle } from "@ai-gateway-wasm/kit/io-cycle";
import { HeadersAction, HttpContext, register, requestHeaders, RootContext } from "proxy-wasm-as";

export * from "proxy-wasm-as/abi";
export { proxy_on_request_headers } from "proxy-wasm-as/callbacks";

/*
 * What a request does stands in its path:
 *
 *   /kind      answers what its headers say about its body
 *   /keep      wants to stay on its route, then edits the header that routes match on
 *   /again     the same, then wants the route chosen again
 *   /limits    sets both buffer limits
 */
class DriverRoot extends RootContext {
  /** The configuration is a number of requests per IO cycle, or nothing. */
  override onConfigure(configuration: Slice): bool {
    if (configuration.isEmpty) return true;
    limitRequestsPerCycle(new PluginLog(bytes("stream")), parseInteger(configuration));
    return true;
  }

  override createStream(id: u32): HttpContext {
    return new Driver(id);
  }
}

class Driver extends HttpContext {
  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    const found = requestHeaders.get(bytes(":path"));
    const path: Slice = found === null ? NO_BYTES : found;
    if (path.equals(bytes("/kind"))) return this.tellKind();
    if (path.equals(bytes("/keep")) || path.equals(bytes("/again"))) keepRoute();
    if (path.equals(bytes("/limits"))) {
      limitRequestBuffer(5_000_000_000);
      limitResponseBuffer(1048576);
    }
    requestHeaders.set(bytes("x-target"), bytes("second"));
    if (path.equals(bytes("/again"))) chooseRouteAgain();
    return HeadersAction.Continue;
  }

  private tellKind(): HeadersAction {
    const text = new Builder()
      .appendText(isEncoded(requestHeaders) ? "encoded " : "plain ")
      .appendText(isUnreadable(requestHeaders) ? "unreadable " : "readable ")
      .appendInteger(announcedLength())
      .appendText(isWebSocket() ? " websocket" : "");
    this.sendLocalReply(200, NO_BYTES, text.view());
    return HeadersAction.StopAllIterationAndWatermark;
  }
}

register((id) => new DriverRoot(id));
