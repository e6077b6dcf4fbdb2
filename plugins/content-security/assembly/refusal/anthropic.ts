import { JsonWriter, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { Client } from "./client";
import { MODEL } from "./completion";
import { contentOf, DenyFormat } from "./content";
import { Denial } from "./denial";
import { DenyConfig } from "./deny-config";
import { Ending } from "./ending";
import { countOf, eventObject, EventWriter } from "./event";
import { randomId } from "./random-id";
import { Refusal } from "./refusal";
import { TYPE } from "../words";

const INDEX: Slice = bytes("index");
const MESSAGE_START: Slice = bytes("message_start");
const MESSAGE_STOP: Slice = bytes("message_stop");
const BLOCK_START: Slice = bytes("content_block_start");
const BLOCK_STOP: Slice = bytes("content_block_stop");
const NO_TEXT: Slice = bytes('{"type":"text","text":""}');
/** Members that end a message, each list behind the name of the first. */
const NO_USAGE: Slice = bytes('null,"usage":{"input_tokens":0,"output_tokens":0}');
const LAST_DELTA: Slice = bytes(
  '{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":0}',
);

/** A message of the model `from-security-guard` (Anthropic API reference, "Messages"). */
@final
export class AnthropicRefusal extends Refusal {
  constructor(
    deny: DenyConfig,
    private readonly format: DenyFormat,
  ) {
    super(deny);
  }

  override document(denial: Denial): Slice {
    const json = new JsonWriter().openObject();
    openMessage(json).openObject().key("type").string("text");
    json.key("text").text(this.content(denial)).closeObject().closeArray();
    json.key("stop_reason").string("end_turn");
    closeMessage(json);
    return json.toSlice();
  }

  override events(denial: Denial): Slice {
    return new MessageEnding(this).events(denial);
  }

  override follow(_event: Slice, _client: Client): Ending | null {
    return new MessageEnding(this);
  }

  content(denial: Denial): Slice {
    return contentOf(denial, this.deny, this.format);
  }
}

/**
 * Ends a stream of a message: its open block is closed, the refusal is a block of its own.
 *
 *   message_start ─► content_block_start ─► … ─► content_block_stop ─► … ─► message_stop
 */
@final
class MessageEnding extends Ending {
  private hasBegun: bool = false;
  private hasEnded: bool = false;
  /** Index of the next block. */
  private next: i64 = 0;
  /** Index of the block that has begun and not ended; −1: none. */
  private open: i64 = -1;

  constructor(private readonly refusal: AnthropicRefusal) {
    super();
  }

  override pass(event: Slice): void {
    const root = eventObject(event);
    if (root === null) return;
    const type = textOf(root.get(TYPE));
    if (type.equals(MESSAGE_START)) {
      this.hasBegun = true;
    } else if (type.equals(MESSAGE_STOP)) {
      this.hasEnded = true;
    } else if (type.equals(BLOCK_START)) {
      this.open = countOf(root, INDEX);
      this.next = this.open + 1;
    } else if (type.equals(BLOCK_STOP)) {
      this.open = -1;
    }
  }

  override events(denial: Denial): Slice {
    if (this.hasEnded) return NO_BYTES;
    const out = new EventWriter();
    if (!this.hasBegun) writeStart(out);
    if (this.open >= 0) writeStop(out, this.open);
    this.writeBlock(out, this.refusal.content(denial));
    out.open("message_delta").key("delta").raw(LAST_DELTA);
    out.close();
    out.open("message_stop");
    out.close();
    return out.toSlice();
  }

  private writeBlock(out: EventWriter, text: Slice): void {
    const start = out.open("content_block_start").key("index").integer(this.next);
    start.key("content_block").raw(NO_TEXT);
    out.close();
    const delta = out.open("content_block_delta").key("index").integer(this.next);
    delta.key("delta").openObject().key("type").string("text_delta");
    delta.key("text").text(text).closeObject();
    out.close();
    writeStop(out, this.next);
  }
}

function writeStart(out: EventWriter): void {
  const json = out.open("message_start").key("message").openObject();
  openMessage(json).closeArray().key("stop_reason").nothing();
  closeMessage(json);
  out.close();
}

function writeStop(out: EventWriter, index: i64): void {
  out.open("content_block_stop").key("index").integer(index);
  out.close();
}

/** A message up to the first block of its content. */
function openMessage(json: JsonWriter): JsonWriter {
  json.key("id").text(randomId("msg_")).key("type").string("message");
  json.key("role").string("assistant").key("model").string(MODEL);
  return json.key("content").openArray();
}

function closeMessage(json: JsonWriter): void {
  json.key("stop_sequence").raw(NO_USAGE).closeObject();
}
