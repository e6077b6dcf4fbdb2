import { lowerCase, Slice } from "@ai-gateway-wasm/bytes";
import { configText, ConfigReader } from "@ai-gateway-wasm/kit";
import { isHeaderName, requestHeaders } from "proxy-wasm-as";
import { Header } from "./header";

const STAR: i32 = 0x2a;

/** Which requests a chain is for; by itself, all. */
@final
export class ChainMatch {
  /** Exact names and prefixes `x*`; empty: every model. */
  private models: Slice[] = [];
  private readonly headers: Header[] = [];

  static read(match: ConfigReader): ChainMatch {
    const found = new ChainMatch();
    found.models = match.texts("models");
    const headers = match.find("headers");
    if (headers === null || headers.isNull) return found;
    if (!headers.isObject) match.refuse("headers", "must be an object");
    const members = headers.entries();
    while (members.next()) {
      const name = lowerCase(members.key).copy();
      if (!isHeaderName(name)) match.refuse("headers", "holds no header name");
      found.headers.push(new Header(name, configText(members.value).copy()));
    }
    return found;
  }

  /** The running request's headers can be read. */
  holds(model: Slice): bool {
    if (!this.holdsModel(model)) return false;
    for (let i = 0; i < this.headers.length; i++) {
      const value = requestHeaders.get(this.headers[i].name);
      if (value === null || !value.equals(this.headers[i].value)) return false;
    }
    return true;
  }

  private holdsModel(model: Slice): bool {
    if (this.models.length == 0) return true;
    for (let i = 0; i < this.models.length; i++) {
      const pattern = this.models[i];
      const last = pattern.length - 1;
      const isPrefix = pattern.at(last) == STAR;
      if (isPrefix ? model.startsWith(pattern.sub(0, last)) : model.equals(pattern)) return true;
    }
    return false;
  }
}
