import { quote } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { completionHead, NO_USAGE, oldCompletionHead } from "./completion";
import { contentOf, DenyFormat } from "./content";
import { Denial } from "./denial";
import { DenyConfig } from "./deny-config";
import { denyObject } from "./deny-object";
import { randomId } from "./random-id";
import { Refusal } from "./refusal";

const ID: string = "chatcmpl-";
const COMPLETION: string = "chat.completion";
const CHUNK: string = "chat.completion.chunk";
const GUARDRAIL: Slice = bytes(',"x_higress_guardrail":');

/** A chat completion of the model `from-security-guard` (content-security.md 4.5). */
@final
export class OpenAiRefusal extends Refusal {
  constructor(
    deny: DenyConfig,
    private readonly format: DenyFormat,
    /** The bytes of version 1.0 of ai-security-guard (content-security.md 12). */
    private readonly isOld: bool = false,
  ) {
    super(deny);
  }

  protected override get explainsFailedMasks(): bool {
    return this.format != DenyFormat.Structured;
  }

  override document(denial: Denial): Slice {
    const id = randomId(ID);
    const out = new Builder(1024);
    out.append(
      this.isOld ? oldCompletionHead(id, COMPLETION, " ") : completionHead(id, COMPLETION),
    );
    out.appendText('"message":{"role":"assistant","content":').append(this.content(denial));
    out.appendText('},"logprobs":null');
    this.appendEnd(out, denial);
    return out.toSlice();
  }

  override events(denial: Denial): Slice {
    const isOurs = this.format == DenyFormat.Message;
    const data = isOurs ? "data: " : "data:";
    const id = randomId(ID);
    const head = this.isOld ? oldCompletionHead(id, CHUNK, "") : completionHead(id, CHUNK);
    const out = new Builder(1024).appendText(data).append(head);
    out.appendText('"delta":{"role":"assistant","content":').append(this.content(denial));
    out.appendText('},"logprobs":null,"finish_reason":null}]}\n\n').appendText(data).append(head);
    out.appendText('"delta":{},"logprobs":null');
    this.appendEnd(out, denial);
    out.appendText("\n\ndata: [DONE]");
    if (isOurs) out.appendText("\n\n");
    return out.toSlice();
  }

  private appendEnd(out: Builder, denial: Denial): void {
    out.appendText(',"finish_reason":"stop"');
    if (this.format == DenyFormat.Structured) {
      const deny = this.deny;
      out.append(GUARDRAIL).append(denyObject(denial, deny.status, deny.textFor(denial)));
    }
    out.appendText("}]").append(NO_USAGE);
  }

  private content(denial: Denial): Slice {
    return quote(contentOf(denial, this.deny, this.format));
  }
}
