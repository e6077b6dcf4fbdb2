import { bytes, Builder, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigReader, PluginRoot } from "@ai-gateway-wasm/kit";
import { IsolatingRoot } from "@ai-gateway-wasm/kit/isolating-root";
import { HeadersAction, HttpContext, logLine, LogLevel, register } from "proxy-wasm-as";

export * from "proxy-wasm-as/abi";
export { proxy_on_request_headers, proxy_on_response_headers } from "proxy-wasm-as/callbacks";

/*
 * A plugin whose streams tell, in each callback, the `name` of the configuration that holds for them.
 * A scope without a name is refused. Built with ISOLATING, wrong rules are refused one by one.
 */
class Named {
  constructor(readonly name: Slice) {}
}

class LiveRoot extends PluginRoot<Named> {
  constructor(id: u32) {
    super(id, "live");
  }

  override parseGlobal(document: ConfigReader): Named | null {
    return parse(document);
  }

  override parseRule(rule: ConfigReader, _base: Named | null): Named | null {
    return parse(rule);
  }

  override accept(id: u32, config: Named): HttpContext {
    return new LiveStream(id, config.name);
  }
}

class IsolatingLiveRoot extends IsolatingRoot<Named> {
  constructor(id: u32) {
    super(id, "live");
  }

  override parseGlobal(document: ConfigReader): Named | null {
    return parse(document);
  }

  override parseRule(rule: ConfigReader, _base: Named | null): Named | null {
    return parse(rule);
  }

  override accept(id: u32, config: Named): HttpContext {
    return new LiveStream(id, config.name);
  }
}

function parse(scope: ConfigReader): Named | null {
  const name = scope.text("name");
  if (name.isEmpty) scope.refuse("name", "is missing");
  return new Named(name);
}

class LiveStream extends HttpContext {
  constructor(
    id: u32,
    private readonly name: Slice,
  ) {
    super(id);
  }

  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    this.tell();
    return HeadersAction.Continue;
  }

  override onResponseHeaders(_endOfStream: bool): HeadersAction {
    this.tell();
    return HeadersAction.Continue;
  }

  private tell(): void {
    const line = new Builder().append(bytes("stream ")).appendInteger(this.id).appendByte(0x20);
    logLine(LogLevel.Trace, line.append(this.name).view());
  }
}

if (isDefined(ISOLATING)) register((id) => new IsolatingLiveRoot(id));
else register((id) => new LiveRoot(id));
