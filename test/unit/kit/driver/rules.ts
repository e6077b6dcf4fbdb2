import { Builder, bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { ConfigErrors, ConfigReader, PluginRoot, RulePrecedence } from "@ai-gateway-wasm/kit";
import { HeadersAction, HttpContext, register, setTickPeriod } from "proxy-wasm-as";

export * from "proxy-wasm-as/abi";
export { proxy_on_request_headers } from "proxy-wasm-as/callbacks";

/*
 * A plugin that answers every request with the name of the configuration that holds for it:
 * `name` of the scope, and after a slash that of the global part a rule was given.
 *
 * `cpp: true` chooses the C++ precedence, `prepare: <text>` refuses in `prepare`, `insist: true`
 * refuses everything when the global part is refused, `fallback: <name>` stands in for it,
 * `off: <name>` stands in for a disabled rule, `nothing: true` answers null without a reason.
 */
class Named {
  constructor(readonly name: Slice) {}
}

class RulesRoot extends PluginRoot<Named> {
  private isCpp: bool = false;
  private off: Slice = NO_BYTES;

  constructor(id: u32) {
    super(id, "rules");
  }

  override prepare(document: ConfigReader): void {
    this.isCpp = document.flag("cpp");
    this.off = document.text("off");
    if (document.has("prepare")) document.refuseWith(document.text("prepare").toString());
    setTickPeriod(0);
  }

  override precedence(): RulePrecedence {
    return this.isCpp ? RulePrecedence.Cpp : RulePrecedence.Go;
  }

  override parseGlobal(document: ConfigReader): Named | null {
    if (document.flag("nothing")) return null;
    const name = document.text("name");
    if (name.isEmpty) document.refuse("name", "is missing");
    return new Named(name);
  }

  override parseRule(rule: ConfigReader, base: Named | null): Named | null {
    if (rule.flag("nothing")) return null;
    const name = new Builder().append(rule.text("name"));
    if (name.length == 0) rule.refuse("name", "is missing");
    if (base !== null) name.appendByte(0x2f).append(base.name);
    return new Named(name.toSlice());
  }

  override disabledRule(_base: Named | null): Named | null {
    return this.off.isEmpty ? null : new Named(this.off);
  }

  override withoutGlobal(document: ConfigReader, errors: ConfigErrors): Named | null {
    if (document.flag("insist")) document.refuseWith("insisted: " + errors.message);
    const fallback = document.text("fallback");
    return fallback.isEmpty ? null : new Named(fallback);
  }

  override accept(id: u32, config: Named): HttpContext | null {
    return new RulesStream(id, config.name);
  }
}

class RulesStream extends HttpContext {
  constructor(
    id: u32,
    private readonly name: Slice,
  ) {
    super(id);
  }

  override onRequestHeaders(_endOfStream: bool): HeadersAction {
    this.finish();
    this.sendLocalReply(200, NO_BYTES, this.name, bytes("named"));
    return HeadersAction.StopAllIterationAndWatermark;
  }
}

register((id) => new RulesRoot(id));
