import { bytes, Slice } from "@ai-gateway-wasm/bytes";
import { Reply } from "@ai-gateway-wasm/llm/refusal";
import { HeadersAction, requestHeaders } from "proxy-wasm-as";
import { METHOD, ORIGIN, PREFLIGHT_METHOD } from "./names";
import { QuotaStream } from "./stream";

const OPTIONS: Slice = bytes("OPTIONS");

/** A request that nobody answers for: it names no consumer. */
@final
export class RefusedRequest extends QuotaStream {
  constructor(
    id: u32,
    private readonly reply: Reply,
    /** Let a browser's question about CORS pass; it never carries a name. */
    private readonly passesPreflight: bool,
  ) {
    super(id);
  }

  override onRequestHeaders(endOfStream: bool): HeadersAction {
    if (this.passesPreflight && endOfStream && isPreflight()) {
      this.finish();
      return HeadersAction.Continue;
    }
    return this.answer(this.reply);
  }
}

/** Of the running request: `OPTIONS` with what only a preflight has (Fetch, "CORS-preflight request"). */
export function isPreflight(): bool {
  const method = requestHeaders.get(METHOD);
  return (
    method !== null &&
    method.equals(OPTIONS) &&
    requestHeaders.get(ORIGIN) !== null &&
    requestHeaders.get(PREFLIGHT_METHOD) !== null
  );
}
