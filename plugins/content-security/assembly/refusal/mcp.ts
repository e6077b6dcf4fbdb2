import { Escape, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Denial } from "./denial";
import { DenyConfig } from "./deny-config";
import { denyObjectOf } from "./deny-object";
import { Refusal } from "./refusal";

const FORBIDDEN: i64 = 403;

/** A JSON-RPC error with the deny object as its message (content-security.md 4.6). */
@final
export class McpRefusal extends Refusal {
  constructor(
    deny: DenyConfig,
    /** It has the id of what is refused; else 0. */
    private readonly echoesId: bool,
  ) {
    super(deny);
  }

  /** Among them the session's. */
  override get keepsHeaders(): bool {
    return true;
  }

  override document(denial: Denial): Slice {
    const id = this.echoesId ? denial.client.messageId : NO_BYTES;
    return rpcError(id, FORBIDDEN, denyObjectOf(denial, this.deny));
  }

  override events(denial: Denial): Slice {
    const out = new Builder(256).appendText("event: message\ndata: ");
    return out.append(this.document(denial)).appendText("\n\n").toSlice();
  }
}

/** @param id as JSON; no bytes: 0 */
export function rpcError(id: Slice, code: i64, message: Slice): Slice {
  const json = new JsonWriter(Escape.Go).openObject().key("jsonrpc").string("2.0").key("id");
  if (id.isEmpty) json.integer(0);
  else json.raw(id);
  json.key("error").openObject().key("code").integer(code);
  return json.key("message").text(message).closeObject().closeObject().toSlice();
}
