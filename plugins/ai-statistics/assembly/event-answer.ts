import { findJson, JsonValue, readJson, textOf, unescape } from "@ai-gateway-wasm/as-json";
import { Slice, trim } from "@ai-gateway-wasm/bytes";
import { Field, Mention, mentionOfUsage } from "@ai-gateway-wasm/llm/usage-document";
import { SseReader } from "@ai-gateway-wasm/sse";
import { EventShape, PaddedShape } from "@ai-gateway-wasm/sse/event-shape";
import { monotonicNs } from "proxy-wasm-as";
import { Answer } from "./answer";
import { Attribute, Builtin } from "./attribute";
import { StatisticsConfig } from "./config";
import { saysSomething } from "./delta";
import { DialogConfig } from "./dialog-config";
import { EventProbes, NO_SLOT } from "./event-probes";
import { giveScanner, takeScanner } from "./idle-scanner";
import { isFailure } from "./failure";
import { Group } from "./metrics-config";
import { Value } from "./value";

/** Bytes of an event that is not yet complete. */
const MAX_TAIL: i32 = 1024 * 1024;

/**
 * An answer of server-sent events, read as it passes by: nothing of it is kept but what attributes
 * put together. Where its chunks are cut changes nothing.
 */
@final
export class EventAnswer extends Answer {
  private readonly events: SseReader = new SseReader(MAX_TAIL);
  private readonly shape: EventShape;
  private readonly probes: EventProbes;
  private readonly readsUsage: bool;
  private readonly readsLastEvent: bool;
  /** Nobody wants to know any more when the first text came. */
  private hasContent: bool;
  private hasBytes: bool = false;

  constructor(
    config: StatisticsConfig,
    dialog: DialogConfig | null,
    private readonly requestModel: Slice,
  ) {
    super();
    const tellsFinish = config.tagsExtra;
    const probes = new EventProbes(config.attributes, config.valueLimit, dialog, tellsFinish);
    this.probes = probes;
    // A path may lead to the padding.
    this.shape = probes.readsPaths ? new EventShape() : new PaddedShape();
    this.readsUsage = config.readsUsage;
    this.readsLastEvent = config.readsLastEvent;
    this.hasContent = !config.metrics.has(Group.Latency);
  }

  override feed(chunk: Slice): void {
    if (chunk.length > 0) this.hasBytes = true;
    const end = chunk.ptr + <usize>chunk.length;
    let at = chunk.ptr;
    const events = this.events;
    // Nearly all chunks are whole events, each like the one before.
    if (events.isBetweenEvents) {
      for (let next = this.passAlike(at, end); next != 0; next = this.passAlike(at, end)) at = next;
      if (at == end) return;
      if (at != chunk.ptr) chunk = chunk.sub(<i32>(at - chunk.ptr));
    }
    events.feed(chunk);
    while (events.next()) this.readEvent(events.event);
  }

  /** An event without its blank line is none, but the peer reads attributes and errors in it. */
  override end(): void {
    const events = this.events;
    if (events.finish()) {
      const event = trim(events.event);
      const json = findJson(event);
      if (json !== null) {
        this.probes.read(json);
        if (this.readsLastEvent) this.readDocument(event, json);
      }
      if (!this.hasFailed) this.hasFailed = isFailure(event);
    }
    this.dropped = events.dropped;
    this.isTruncated = events.dropped > 0;
  }

  override find(attribute: Attribute, index: i32): Value | null {
    if (attribute.builtin < Builtin.ReasoningTokens) return this.probes.find(attribute, index);
    const value = attribute.path !== null ? this.probes.find(attribute, index) : null;
    return value !== null && !value.isEmpty ? value : this.tokens(attribute.builtin, false);
  }

  override part(builtin: Builtin): Value | null {
    return this.probes.part(builtin);
  }

  override get isBlank(): bool {
    return !this.hasBytes;
  }

  override get hasCutCalls(): bool {
    return this.probes.hasCutCalls;
  }

  override finishReason(): Slice {
    return this.probes.finishReason();
  }

  /** Answers the address behind an event that differs from the last one in its text only, or 0. */
  private passAlike(at: usize, end: usize): usize {
    const shape = this.shape;
    const next = shape.match(at, end);
    if (next == 0 || shape.textLength == 0) return next;
    if (!this.hasContent) this.noteContent();
    if (this.probes.isIdle) return next;
    const text = new Slice(shape.textAt, shape.textLength);
    this.probes.takeText(shape.isEscaped ? unescape(text) : text);
    return next;
  }

  private readEvent(event: Slice): void {
    this.shape.clear();
    // What is cut off reaches to the end, and where chunks are cut decides what a CRLF leaves there.
    const text = trim(event);
    const json = findJson(text);
    if (json === null) return;
    const slot = this.probes.read(json);
    const broken = this.unreadable;
    this.readDocument(text, json);
    if (!this.hasFailed) this.hasFailed = isFailure(text);
    if (!this.hasContent && saysSomething(json)) this.noteContent();
    // What cannot be read is counted each time.
    if (slot != NO_SLOT && this.unreadable == broken)
      this.learn(event, <i32>(json.at - event.ptr) + slot);
  }

  /** @param slot where the event has the text that changes, quote included */
  private learn(event: Slice, slot: i32): void {
    const text = readJson(event.sub(slot));
    if (text !== null) this.shape.learn(event, slot + 1, slot + text.raw.length - 1);
  }

  /** Reads the id, and usage where the event mentions it. */
  private readDocument(event: Slice, json: JsonValue): void {
    const mention = this.readsUsage ? mentionOf(event) : Mention.None;
    if (json.isArray) {
      if (mention != Mention.None) this.usage.readUnreadable(this.requestModel);
      return;
    }
    const reader = takeScanner();
    const text = new Slice(json.at, <i32>(json.limit - json.at), event.owner);
    reader.feed(text);
    if (!reader.next()) this.unreadable++;
    const document = reader.document;
    const id = document.first(Field.Id, Field.MessageId);
    if (id >= 0) this.noteId(textOf(readJson(document.text(id))));
    if (mention != Mention.None) {
      this.usage.read(document, this.requestModel);
      this.usage.readImages(text);
    }
    giveScanner(reader);
  }

  private noteId(id: Slice): void {
    const known = this.chatId;
    if (known === null || !known.equals(id)) this.chatId = id.copy();
  }

  private noteContent(): void {
    this.hasContent = true;
    this.firstContentNs = monotonicNs();
  }
}

function mentionOf(event: Slice): Mention {
  return mentionOfUsage(event.ptr, event.ptr + <usize>event.length);
}
