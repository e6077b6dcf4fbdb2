import { Escape, JsonValue, JsonWriter } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice } from "@ai-gateway-wasm/bytes";
import { usageOf } from "./completion";
import { AnswerRecord, FROM_CACHE, STOP } from "./record";

/** Bytes of text in one event. */
const PIECE: i32 = 256;
const ROLE: Slice = bytes("role");
const CONTENT: Slice = bytes("content");

/**
 * An answer as a model would stream it (`streamReplay: chunks`):
 *
 *   role ─► other fields of the message ─► pieces of the text ─► finish reason ─► usage ─► [DONE]
 */
@final
export class ChunkReplay {
  private readonly out: Builder = new Builder(1024);
  private readonly id: Slice;
  private readonly model: Slice;
  private readonly finishReason: Slice;
  private readonly createdS: i64;

  /** @param record null: the text is all that is known */
  constructor(
    private readonly record: AnswerRecord | null,
    nowS: i64,
  ) {
    this.id = record === null ? FROM_CACHE : record.id;
    this.model = record === null ? FROM_CACHE : record.model;
    this.finishReason = record === null ? STOP : record.finishReason;
    this.createdS = record === null ? nowS : record.created;
  }

  /** @param wantsUsage the client asked for an event about it */
  render(text: Slice, wantsUsage: bool, showsUsage: bool): Slice {
    const role = this.openDelta().key("role").string("assistant").key("content").string("");
    this.closeDelta(role, false);
    this.writeOtherFields();
    for (let at = 0; at < text.length;) {
      const end = this.endOfPiece(text, at);
      this.closeDelta(this.openDelta().key("content").text(text.sub(at, end)), false);
      at = end;
    }
    this.closeDelta(this.openDelta(), true);
    if (wantsUsage) {
      const json = this.openEvent().key("choices").openArray().closeArray();
      json.key("usage").raw(usageOf(this.record, showsUsage)).closeObject();
      this.out.appendText("\n\n");
    }
    return this.out.appendText("data: [DONE]\n\n").view();
  }

  /** Such as what the model thought; whole, nobody shows it letter by letter. */
  private writeOtherFields(): void {
    const record = this.record;
    const message: JsonValue | null = record === null ? null : record.message;
    if (message === null) return;
    const members = message.entries();
    while (members.next()) {
      if (members.keyIs(ROLE) || members.keyIs(CONTENT) || members.value.isNull) continue;
      const delta = this.openDelta().keyBytes(members.key).raw(members.value.raw);
      this.closeDelta(delta, false);
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

  private openEvent(): JsonWriter {
    this.out.appendText("data: ");
    const json = new JsonWriter(Escape.Plain, this.out).openObject().key("id").text(this.id);
    json.key("object").string("chat.completion.chunk").key("created").integer(this.createdS);
    return json.key("model").text(this.model);
  }

  private openDelta(): JsonWriter {
    const json = this.openEvent().key("choices").openArray().openObject();
    return json.key("index").integer(0).key("delta").openObject();
  }

  private closeDelta(json: JsonWriter, isLast: bool): void {
    json.closeObject().key("finish_reason");
    if (isLast) json.text(this.finishReason);
    else json.nothing();
    json.closeObject().closeArray().closeObject();
    this.out.appendText("\n\n");
  }
}
