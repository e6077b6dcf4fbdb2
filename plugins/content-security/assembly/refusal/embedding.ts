import { quote } from "@ai-gateway-wasm/as-json";
import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { Denial } from "./denial";
import { denyObjectOf } from "./deny-object";
import { Refusal } from "./refusal";

/** An error of OpenAI's embeddings with the deny object as its message (content-security.md 4.6). */
@final
export class EmbeddingRefusal extends Refusal {
  /** With the peer's blanks. */
  override document(denial: Denial): Slice {
    const message = quote(denyObjectOf(denial, this.deny));
    const out = new Builder(256).appendText('{"error": {"message": ').append(message);
    out.appendText(', "type": "invalid_request_error", "param": null, ');
    return out.appendText('"code": "content_policy_violation"}}').toSlice();
  }

  override events(denial: Denial): Slice {
    return this.document(denial);
  }
}
