import { JsonValue, JsonWriter, readJson, textOf } from "@ai-gateway-wasm/as-json";
import { bytes, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { wallClockSeconds } from "proxy-wasm-as";
import { Client } from "./client";
import { MODEL } from "./completion";
import { contentOf, DenyFormat } from "./content";
import { Denial } from "./denial";
import { DenyConfig } from "./deny-config";
import { Ending } from "./ending";
import { countOf, eventObject, EventWriter } from "./event";
import { randomId } from "./random-id";
import { Refusal } from "./refusal";
import { ID, isLastType, TYPE } from "../words";

const ITEM: Slice = bytes("item");
const RESPONSE: Slice = bytes("response");
const SEQUENCE: Slice = bytes("sequence_number");
const STATUS: Slice = bytes("status");
const INDEX: Slice = bytes("output_index");
const CREATED: Slice = bytes("response.created");
const ITEM_ADDED: Slice = bytes("response.output_item.added");
const ITEM_DONE: Slice = bytes("response.output_item.done");
/** Members of a response that say nothing, each list behind the name of the first. */
const NO_ERROR: Slice = bytes('null,"incomplete_details":null,"instructions":null,"metadata":{}');
const NO_TOOLS: Slice = bytes(
  'false,"temperature":null,"tool_choice":"auto","tools":[],"top_p":null',
);
const NOTHING: Slice = bytes("null");
const NO_USAGE: Slice = bytes(
  '{"input_tokens":0,"input_tokens_details":{"cached_tokens":0},"output_tokens":0,"output_tokens_details":{"reasoning_tokens":0},"total_tokens":0}',
);
/** Items of a well-behaved upstream begin one after another. */
const MOST_OPEN: i32 = 64;

/** A response of the model `from-security-guard` (OpenAI API reference, "Responses"). */
@final
export class ResponsesRefusal extends Refusal {
  constructor(
    deny: DenyConfig,
    private readonly format: DenyFormat,
  ) {
    super(deny);
  }

  override document(denial: Denial): Slice {
    const message = new Message(contentOf(denial, this.deny, this.format));
    const json = new JsonWriter();
    writeResponse(json, randomId("resp_"), message);
    return json.toSlice();
  }

  override events(denial: Denial): Slice {
    return new ResponseEnding(this).events(denial);
  }

  override follow(_event: Slice, _client: Client): Ending | null {
    return new ResponseEnding(this);
  }

  content(denial: Denial): Slice {
    return contentOf(denial, this.deny, this.format);
  }
}

/** What the refusal says, as an item of the output. */
@final
class Message {
  readonly id: Slice = randomId("msg_");

  constructor(readonly text: Slice) {}

  /** As it begins, without content, or as it ends. */
  writeTo(json: JsonWriter, isDone: bool): void {
    json.openObject().key("id").text(this.id).key("type").string("message");
    json.key("status").string(isDone ? "completed" : "in_progress");
    json.key("role").string("assistant").key("content").openArray();
    if (isDone) writePart(json, this.text);
    json.closeArray().closeObject();
  }
}

/** An item that has begun and not ended; memory of its own. */
@final
class OpenItem {
  constructor(
    readonly index: i64,
    readonly json: JsonValue,
  ) {}
}

/**
 * Ends a stream of a response: its open items are closed as incomplete, the refusal is an item of its
 * own, and what the response says in the end.
 *
 *   response.created ─► output_item.added ─► … ─► output_item.done ─► … ─► response.completed
 */
@final
class ResponseEnding extends Ending {
  /** Of the response; no bytes: it has not begun. */
  private id: Slice = NO_BYTES;
  private hasEnded: bool = false;
  private sequence: i64 = 0;
  /** Index of the next item. */
  private next: i64 = 0;
  private readonly open: OpenItem[] = [];

  constructor(private readonly refusal: ResponsesRefusal) {
    super();
  }

  override pass(event: Slice): void {
    const root = eventObject(event);
    if (root === null) return;
    const type = textOf(root.get(TYPE));
    if (root.get(SEQUENCE) !== null) this.sequence = countOf(root, SEQUENCE) + 1;
    if (type.equals(CREATED)) this.begin(root.get(RESPONSE));
    else if (type.equals(ITEM_ADDED)) this.openItem(root);
    else if (type.equals(ITEM_DONE)) this.closeItem(countOf(root, INDEX));
    if (isLastType(type)) this.hasEnded = true;
  }

  override events(denial: Denial): Slice {
    if (this.hasEnded) return NO_BYTES;
    const out = new EventWriter();
    if (this.id.isEmpty) this.writeCreated(out);
    for (let i = 0; i < this.open.length; i++) this.writeIncomplete(out, this.open[i]);
    const message = new Message(this.refusal.content(denial));
    this.writeMessage(out, message);
    writeResponse(out.open("response.completed").key("response"), this.id, message);
    this.close(out);
    return out.toSlice();
  }

  private begin(response: JsonValue | null): void {
    const id = response === null ? NO_BYTES : textOf(response.get(ID));
    this.id = id.isEmpty ? randomId("resp_") : id.copy();
  }

  private openItem(root: JsonValue): void {
    const index = countOf(root, INDEX);
    const item = root.get(ITEM);
    this.next = index + 1;
    const copy = readCopy(item);
    if (copy !== null && this.open.length < MOST_OPEN) this.open.push(new OpenItem(index, copy));
  }

  private closeItem(index: i64): void {
    for (let i = this.open.length - 1; i >= 0; i--) {
      if (this.open[i].index == index) this.open.splice(i, 1);
    }
  }

  private writeCreated(out: EventWriter): void {
    this.id = randomId("resp_");
    writeResponse(out.open("response.created").key("response"), this.id, null);
    this.close(out);
  }

  /** As it began: what it said in between is not known any more. */
  private writeIncomplete(out: EventWriter, item: OpenItem): void {
    const json = out.open("response.output_item.done").key("output_index").integer(item.index);
    json.key("item").openObject();
    const members = item.json.entries();
    while (members.next()) {
      json.keyBytes(members.key);
      if (members.keyIs(STATUS)) json.string("incomplete");
      else json.raw(members.value.raw);
    }
    json.closeObject();
    this.close(out);
  }

  private writeMessage(out: EventWriter, message: Message): void {
    message.writeTo(this.openAt(out, "response.output_item.added").key("item"), false);
    this.close(out);
    writePart(this.openIn(out, "response.content_part.added", message).key("part"), NO_BYTES);
    this.close(out);
    this.openIn(out, "response.output_text.delta", message).key("delta").text(message.text);
    this.close(out);
    this.openIn(out, "response.output_text.done", message).key("text").text(message.text);
    this.close(out);
    writePart(this.openIn(out, "response.content_part.done", message).key("part"), message.text);
    this.close(out);
    message.writeTo(this.openAt(out, "response.output_item.done").key("item"), true);
    this.close(out);
  }

  private openAt(out: EventWriter, type: string): JsonWriter {
    return out.open(type).key("output_index").integer(this.next);
  }

  private openIn(out: EventWriter, type: string, message: Message): JsonWriter {
    const json = this.openAt(out, type).key("item_id").text(message.id);
    return json.key("content_index").integer(0);
  }

  private close(out: EventWriter): void {
    out.json.key("sequence_number").integer(this.sequence++);
    out.close();
  }
}

function readCopy(value: JsonValue | null): JsonValue | null {
  return value !== null && value.isObject ? readJson(value.raw.copy()) : null;
}

function writePart(json: JsonWriter, text: Slice): void {
  json.openObject().key("type").string("output_text").key("text").text(text);
  json.key("annotations").openArray().closeArray().closeObject();
}

/** @param message all it says; null: it begins */
function writeResponse(json: JsonWriter, id: Slice, message: Message | null): void {
  json.openObject().key("id").text(id).key("object").string("response");
  json.key("created_at").integer(<i64>wallClockSeconds());
  json.key("status").string(message === null ? "in_progress" : "completed");
  json.key("error").raw(NO_ERROR).key("model").string(MODEL);
  json.key("output").openArray();
  if (message !== null) message.writeTo(json, true);
  json.closeArray().key("parallel_tool_calls").raw(NO_TOOLS).key("usage");
  json.raw(message === null ? NOTHING : NO_USAGE).closeObject();
}
