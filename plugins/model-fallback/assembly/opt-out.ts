import { bytes, lowerCase, Slice, trim } from "@ai-gateway-wasm/bytes";
import { ConfigReader, readHeaderName } from "@ai-gateway-wasm/kit";
import { requestHeaders } from "proxy-wasm-as";
import { OPT_OUT } from "./names";

const COMMA: u8 = 0x2c;
const DEFAULT_VALUES: Slice[] = [bytes("off"), bytes("0"), bytes("false")];

/** `optOut`: the header by which a client forbids fallbacks for one request. */
@final
export class OptOut {
  private readonly header: Slice;
  private readonly values: Slice[];

  constructor(optOut: ConfigReader) {
    const header = readHeaderName(optOut, "header", OPT_OUT);
    const values = optOut.optionalTexts("values");
    this.header = header;
    this.values = values === null ? DEFAULT_VALUES : values;
  }

  /** The running request wants its first target and no other. Its headers can be read. */
  isAsked(): bool {
    const list = !this.header.isEmpty ? requestHeaders.joined(this.header) : null;
    if (list === null) return false;
    // The last one counts: proxies add theirs behind the client's.
    const value = trim(list.sub(list.lastIndexOf(COMMA) + 1));
    const word = lowerCase(value);
    for (let i = 0; i < this.values.length; i++) {
      if (this.values[i].equals(word) || this.values[i].equals(value)) return true;
    }
    return false;
  }
}
