import { appendEscaped, Escape, JsonWriter, quote } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { PairsBuilder, randomBytes, wallClockSeconds } from "proxy-wasm-as";
import { DenyConfig, DenyFormat } from "./deny-config";
import { Finding, Judgement } from "./judge/judgement";
import { Thresholds } from "./judge/thresholds";
import { blockingFindings } from "./judge/verdict";
import { CONTENT_TYPE, JSON_TYPE } from "./names";

const STREAM_TYPE: Slice = bytes("text/event-stream;charset=UTF-8");
const DETAILS: Slice = bytes("content_security.denied");

const ALPHANUMERICS: Slice = bytes(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
);
const ID_LENGTH: i32 = 29;

const NO_USAGE: Slice = bytes(
  ',"usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}}',
);
const GUARDRAIL: Slice = bytes(',"x_higress_guardrail":');

/**
 * The answer in place of what is refused, as the client's protocol wants it (content-security.md
 * 4.5): a chat completion of the model `from-security-guard`, or the deny object alone.
 */
@final
export class Refusal {
  private readonly id: Slice = randomId();
  /** What of the judgement blocks. */
  private blocked: Finding[] = [];
  private readonly created: i64 = <i64>wallClockSeconds();

  /**
   * @param judgement what was found; null: a masked text could not be put in its place
   * @param streams the client waits for events
   */
  constructor(
    private readonly deny: DenyConfig,
    private readonly judgement: Judgement | null,
    thresholds: Thresholds,
    private readonly streams: bool,
  ) {
    if (judgement !== null) this.blocked = blockingFindings(judgement, thresholds);
  }

  get status(): i32 {
    return this.deny.status;
  }

  /** Names the cause in access logs. */
  get details(): Slice {
    return DETAILS;
  }

  headers(): Slice {
    const isEvents = this.streams && !this.deny.isOriginal;
    return new PairsBuilder().add(CONTENT_TYPE, isEvents ? STREAM_TYPE : JSON_TYPE).build();
  }

  body(): Slice {
    if (this.deny.isOriginal) return this.original();
    return this.streams ? this.events() : this.completion();
  }

  /** For a stream that runs: there the protocol is what it is. */
  events(): Slice {
    const isOurs = this.deny.format == DenyFormat.Message;
    const data = isOurs ? "data: " : "data:";
    const out = new Builder(1024).appendText(data);
    this.appendHead(out, "chat.completion.chunk");
    out.appendText('"delta":{"role":"assistant","content":').append(quote(this.content()));
    out.appendText('},"logprobs":null,"finish_reason":null}]}\n\n').appendText(data);
    this.appendHead(out, "chat.completion.chunk");
    out.appendText('"delta":{},"logprobs":null');
    this.appendEnd(out);
    out.appendText("\n\ndata: [DONE]");
    if (isOurs) out.appendText("\n\n");
    return out.toSlice();
  }

  private completion(): Slice {
    const out = new Builder(1024);
    this.appendHead(out, "chat.completion");
    out.appendText('"message":{"role":"assistant","content":').append(quote(this.content()));
    out.appendText('},"logprobs":null');
    this.appendEnd(out);
    return out.toSlice();
  }

  /** Without a judgement the peer sends the text without quotes, which is no JSON. */
  private original(): Slice {
    const judgement = this.judgement;
    if (judgement !== null) return this.denyObject(judgement.code, this.deny.configured);
    const out = new Builder();
    appendEscaped(out, this.deny.text, Escape.Go);
    return out.toSlice();
  }

  private appendHead(out: Builder, object: string): void {
    out.appendText('{"id":"').append(this.id).appendText('","object":"').appendText(object);
    out.appendText('","created":').appendInteger(this.created);
    out.appendText(',"model":"from-security-guard","choices":[{"index":0,');
  }

  private appendEnd(out: Builder): void {
    out.appendText(',"finish_reason":"stop"');
    if (this.deny.format == DenyFormat.Structured) {
      out.append(GUARDRAIL).append(this.denyObject(this.deny.status, this.deny.text));
    }
    out.appendText("}]").append(NO_USAGE);
  }

  private content(): Slice {
    const judgement = this.judgement;
    if (this.deny.format != DenyFormat.Legacy || judgement === null) return this.deny.text;
    return this.denyObject(judgement.code, this.deny.configured);
  }

  private denyObject(code: i64, message: Slice): Slice {
    const json = new JsonWriter(Escape.Go).openObject().key("code").integer(code);
    if (!message.isEmpty) json.key("denyMessage").text(message);
    json.key("blockedDetails").openArray();
    for (let i = 0; i < this.blocked.length; i++) {
      json.openObject().key("type").text(this.blocked[i].type);
      json.key("level").text(this.blocked[i].level).closeObject();
    }
    return json.closeArray().closeObject().toSlice();
  }
}

function randomId(): Slice {
  const random = randomBytes(ID_LENGTH);
  const out = new Builder(ID_LENGTH + 9).appendText("chatcmpl-");
  for (let i = 0; i < ID_LENGTH; i++) {
    const byte = random === null ? i : random.at(i);
    out.appendByte(<u8>ALPHANUMERICS.at(byte % ALPHANUMERICS.length));
  }
  return out.toSlice();
}
