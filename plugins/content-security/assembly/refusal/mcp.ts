import { Escape, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, Slice } from "@ai-gateway-wasm/bytes";
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
    const id = denial.client.messageId;
    const json = new JsonWriter(Escape.Go).openObject().key("jsonrpc").string("2.0").key("id");
    if (this.echoesId && !id.isEmpty) json.raw(id);
    else json.integer(0);
    json.key("error").openObject().key("code").integer(FORBIDDEN);
    json.key("message").text(denyObjectOf(denial, this.deny)).closeObject();
    return json.closeObject().toSlice();
  }

  override events(denial: Denial): Slice {
    const out = new Builder(256).appendText("event: message\ndata: ");
    return out.append(this.document(denial)).appendText("\n\n").toSlice();
  }
}
