import { quote } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { wallClockSeconds } from "proxy-wasm-as";
import { Denial } from "./denial";
import { DenyConfig } from "./deny-config";
import { denyObject } from "./deny-object";
import { randomId } from "./random-id";
import { Refusal } from "./refusal";

/** What stands in `content` (content-security.md 4.5, decision 11.1). */
export const enum DenyFormat {
  /** The deny object as a text. */
  Legacy,
  /** The text, and the deny object beside it. */
  Structured,
  /** The text alone. */
  Message,
}

const NO_USAGE: Slice = bytes(
  ',"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}',
);
const GUARDRAIL: Slice = bytes(',"x_higress_guardrail":');

/** A chat completion of the model `from-security-guard` (content-security.md 4.5). */
@final
export class OpenAiRefusal extends Refusal {
  constructor(
    deny: DenyConfig,
    private readonly format: DenyFormat,
  ) {
    super(deny);
  }

  override document(denial: Denial): Slice {
    const out = new Builder(1024);
    out.append(headOf("chat.completion"));
    out.appendText('"message":{"role":"assistant","content":').append(quote(this.content(denial)));
    out.appendText('},"logprobs":null');
    this.appendEnd(out, denial);
    return out.toSlice();
  }

  override events(denial: Denial): Slice {
    const isOurs = this.format == DenyFormat.Message;
    const data = isOurs ? "data: " : "data:";
    const head = headOf("chat.completion.chunk");
    const out = new Builder(1024).appendText(data).append(head);
    out.appendText('"delta":{"role":"assistant","content":').append(quote(this.content(denial)));
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
      out.append(GUARDRAIL).append(denyObject(denial, this.deny.status, this.deny.text));
    }
    out.appendText("}]").append(NO_USAGE);
  }

  private content(denial: Denial): Slice {
    const judgement = denial.judgement;
    if (this.format != DenyFormat.Legacy || judgement === null) return this.deny.text;
    return denyObject(denial, judgement.code, this.deny.configured);
  }
}

/** The same in both chunks of a stream. */
function headOf(object: string): Slice {
  const out = new Builder(128).appendText('{"id":"').append(randomId("chatcmpl-"));
  out.appendText('","object":"').appendText(object).appendText('","created":');
  out.appendInteger(<i64>wallClockSeconds());
  out.appendText(',"model":"from-security-guard","choices":[{"index":0,');
  return out.toSlice();
}
