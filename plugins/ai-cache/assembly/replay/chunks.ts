import { appendEscaped, Escape, JsonValue, JsonWriter, quote } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { usageOf } from "./completion";
import { AnswerRecord, FROM_CACHE, STOP } from "./record";

/** Bytes of text in one event. */
const PIECE: i32 = 256;
/** Bytes of an id or a model in every event; a longer one would make an answer many times as long. */
const LONGEST_NAME: i32 = 256;
const ROLE: Slice = bytes("role");
const CONTENT: Slice = bytes("content");

// What stands around each delta.
const OPEN: Slice = bytes('[{"index":0,"delta":{');
const CLOSE: Slice = bytes('},"finish_reason":');
const END: Slice = bytes("}]}\n\n");
const NOTHING: Slice = bytes("null");

/**
 * An answer as a model would stream it (`streamReplay: chunks`):
 *
 *   role ─► other fields of the message ─► pieces of the text ─► finish reason ─► usage ─► [DONE]
 */
@final
export class ChunkReplay {
  private out: Builder = new Builder(0);
  /** What every event begins with. */
  private readonly head: Slice;

  /** @param record null: the text is all that is known */
  constructor(
    private readonly record: AnswerRecord | null,
    nowS: i64,
  ) {
    const head = new Builder(256).appendText("data: ");
    const json = new JsonWriter(Escape.Plain, head).openObject();
    json.key("id").text(record === null ? FROM_CACHE : short(record.id));
    json.key("object").string("chat.completion.chunk");
    json.key("created").integer(record === null ? nowS : record.created);
    json
      .key("model")
      .text(record === null ? FROM_CACHE : short(record.model))
      .key("choices");
    this.head = head.view();
  }

  /** @param wantsUsage the client asked for an event about it */
  render(text: Slice, wantsUsage: bool, showsUsage: bool): Slice {
    const record = this.record;
    const out = new Builder(text.length + (text.length / PIECE + 6) * (this.head.length + 64));
    this.out = out;
    this.open().appendText('"role":"assistant","content":""');
    this.close(NOTHING);
    if (record !== null) this.writeOtherFields(record.message);
    for (let at = 0; at < text.length;) {
      const end = this.endOfPiece(text, at);
      this.open().appendText('"content":"');
      appendEscaped(out, text.sub(at, end), Escape.Plain);
      out.appendByte(0x22);
      this.close(NOTHING);
      at = end;
    }
    this.open();
    this.close(quote(record === null ? STOP : record.finishReason, Escape.Plain));
    if (wantsUsage) {
      out.append(this.head).appendText('[],"usage":').append(usageOf(record, showsUsage));
      out.appendText("}\n\n");
    }
    return out.appendText("data: [DONE]\n\n").view();
  }

  /** Such as what the model thought; whole, nobody shows it letter by letter. */
  private writeOtherFields(message: JsonValue | null): void {
    if (message === null) return;
    const members = message.entries();
    while (members.next()) {
      if (members.keyIs(ROLE) || members.keyIs(CONTENT) || members.value.isNull) continue;
      const out = this.open().append(quote(members.key, Escape.Plain)).appendByte(0x3a);
      out.append(members.value.raw);
      this.close(NOTHING);
    }
  }

  /** Not inside of a character, which has three bytes at most behind its first. */
  private endOfPiece(text: Slice, at: i32): i32 {
    const end = at + PIECE;
    if (end >= text.length) return text.length;
    for (let i = 0; i < 4; i++) {
      if ((text.at(end - i) & 0xc0) != 0x80) return end - i;
    }
    return end; // no UTF-8
  }

  /** Begins an event with a delta. */
  private open(): Builder {
    return this.out.append(this.head).append(OPEN);
  }

  /** @param finishReason JSON */
  private close(finishReason: Slice): void {
    this.out.append(CLOSE).append(finishReason).append(END);
  }
}

function short(name: Slice): Slice {
  return name.length > LONGEST_NAME ? FROM_CACHE : name;
}
