import { quote } from "@ai-gateway-wasm/as-json";
import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { wallClockNs } from "proxy-wasm-as";
import { completionHead, NO_USAGE } from "./completion";
import { Denial } from "./denial";
import { Refusal } from "./refusal";

/** A chat completion as qwen3guard writes it (content-security.md 4.7). */
@final
export class Qwen3GuardRefusal extends Refusal {
  override document(denial: Denial): Slice {
    const out = new Builder(512).append(completionHead(newId(), "chat.completion"));
    out.appendText('"message":{"role":"assistant","content":').append(this.content(denial));
    out.appendText('},"logprobs":null,"finish_reason":"stop"}]').append(NO_USAGE);
    return out.toSlice();
  }

  override events(denial: Denial): Slice {
    const head = completionHead(newId(), "chat.completion.chunk");
    const out = new Builder(1024).appendText("data: ").append(head);
    out.appendText('"delta":{"content":').append(this.content(denial));
    out.appendText(',"role":"assistant"},"logprobs":null,"finish_reason":null}]').append(NO_USAGE);
    out.appendText("\n\ndata: ").append(head);
    out.appendText('"delta":{},"logprobs":null,"finish_reason":"stop"}]').append(NO_USAGE);
    return out.appendText("\n\ndata: [DONE]\n\n").toSlice();
  }

  private content(denial: Denial): Slice {
    return quote(this.deny.textFor(denial));
  }
}

function newId(): Slice {
  const out = new Builder(40).appendText("chatcmpl-qwen3guard-");
  return out.appendInteger(<i64>wallClockNs()).toSlice();
}
