import { findJson, JsonValue, textOf, unescape } from "@ai-gateway-wasm/as-json";
import { Builder, bytes, Slice, trim } from "@ai-gateway-wasm/bytes";
import { dataOf, SseFields, SseReader } from "@ai-gateway-wasm/sse";
import { PaddedShape } from "@ai-gateway-wasm/sse/event-shape";
import { CacheConfig, Terminator } from "../config/config";
import { AnswerParts } from "../replay/record";
import { Answer } from "./answer";
import { DELTA } from "./document";
import { MessageMerge } from "./message-merge";
import { findsCall } from "./tool-call";

const ERROR: Slice = bytes("error");
const EVENT: Slice = bytes("event");
const DONE: Slice = bytes("[DONE]");
const CHUNK: Slice = bytes("chat.completion.chunk");
const MESSAGE_STOP: Slice = bytes("message_stop");
const RESPONSE_COMPLETED: Slice = bytes("response.completed");
const RESPONSE_INCOMPLETE: Slice = bytes("response.incomplete");
const RESPONSE_FAILED: Slice = bytes("response.failed");
/** What an event has besides its text. */
const ENVELOPE: i32 = 65536;

/** An answer as server-sent events. */
@final
export class StreamAnswer extends Answer {
  private readonly reader: SseReader;
  private readonly value: Builder = new Builder(0);
  private readonly merge: MessageMerge | null;
  /** Of the event before: one that differs from it in its text alone says nothing else that is new. */
  private readonly shape: PaddedShape = new PaddedShape();
  /** Its text is part of the answer, and no thought. */
  private isSaid: bool = true;
  private readonly parts: AnswerParts = new AnswerParts();
  /** Its protocol is one that says when a stream is complete. */
  private isKnown: bool = false;
  /** It said so. */
  private isTerminated: bool = false;
  /** Nothing that comes counts. */
  private isDone: bool = false;

  constructor(config: CacheConfig) {
    super(config, DELTA);
    const limit = config.maxValueBytes;
    const isLong = limit == 0 || limit > i32.MAX_VALUE / 8;
    this.reader = new SseReader(isLong ? i32.MAX_VALUE / 2 : limit * 6 + ENVELOPE);
    this.merge = config.keepsRecords ? new MessageMerge() : null;
  }

  override feed(chunk: Slice): void {
    const reader = this.reader;
    const end = chunk.ptr + <usize>chunk.length;
    let at = chunk.ptr;
    let isBetweenEvents = reader.isBetweenEvents;
    while (!this.isRefused && !this.isDone) {
      if (isBetweenEvents) at = this.takeAlike(at, end);
      if (at == end) return;
      reader.feed(at == chunk.ptr ? chunk : chunk.sub(<i32>(at - chunk.ptr)));
      const hasEvent = reader.next();
      if (reader.dropped > 0) this.refuse("size");
      if (!hasEvent) return;
      this.takeEvent(reader.event);
      at = reader.behindEvent;
      isBetweenEvents = true;
    }
  }

  override finish(nowS: i64): Slice | null {
    if (!this.isDone && !this.isRefused && this.reader.finish()) this.takeEvent(this.reader.event);
    const text = this.value.view();
    if (!this.isTerminated && this.needsTerminator) this.refuse("incomplete");
    if (trim(text).isEmpty) this.refuse("blank");
    this.text = text;
    if (this.isRefused) return null;
    return this.judgeSize(this.record(text, nowS));
  }

  private get needsTerminator(): bool {
    const terminator = this.config.terminator;
    return terminator == Terminator.Always || (terminator == Terminator.Auto && this.isKnown);
  }

  /** Takes events that have the shape of the one before; answers the address behind the last. */
  private takeAlike(at: usize, end: usize): usize {
    const shape = this.shape;
    for (let next = shape.match(at, end); next != 0; next = shape.match(at, end)) {
      at = next;
      if (!this.isSaid) continue;
      const text = new Slice(shape.textAt, shape.textLength);
      this.value.append(shape.isEscaped ? unescape(text) : text);
    }
    this.judgeLength();
    return at;
  }

  private takeEvent(event: Slice): void {
    this.shape.clear();
    if (isNamedError(event)) return this.refuse("error");
    const data = dataOf(event);
    if (data === null) return;
    if (data.length < 16 && trim(data).equals(DONE)) {
      this.isTerminated = true;
      this.isDone = true;
      return;
    }
    const root = findJson(data);
    if (root === null) return;
    // The rest of its text is lost.
    if (!root.isComplete) return this.refuse("incomplete");
    this.document.read(root);
    this.judge();
    if (this.isRefused) return;
    if (findsCall(this.config.toolCallsPath, root)) this.refuse("tool");
    this.noteProtocol();
    this.takeText(root);
    if (this.canSkip) this.learn(event);
  }

  /** Without a text in this event the next one is read, too. */
  private learn(event: Slice): void {
    const content = this.document.content;
    this.isSaid = content !== null && !content.isNull;
    const text = this.isSaid ? content : this.document.thought;
    if (text === null || !text.isString) return;
    const raw = text.raw;
    const at = <i32>(raw.ptr - event.ptr);
    const after = at + raw.length - 1;
    if (at >= 0 && after < event.length) this.shape.learn(event, at + 1, after);
  }

  /** Nothing but the text of an event counts, and it stands where it usually does. */
  private get canSkip(): bool {
    const config = this.config;
    return this.merge === null && config.streamValuePath === null && config.toolCallsPath === null;
  }

  private noteProtocol(): void {
    const document = this.document;
    const type = document.type;
    if (!type.isEmpty) {
      this.isKnown = true;
      if (type.equals(MESSAGE_STOP) || type.equals(RESPONSE_COMPLETED)) this.isTerminated = true;
      else if (type.equals(RESPONSE_FAILED)) this.refuse("finish");
      else if (type.equals(RESPONSE_INCOMPLETE)) this.takeIncomplete();
    } else if (document.object.equals(CHUNK)) {
      this.isKnown = true;
    }
    // Anthropic's reason is followed by `message_stop`.
    if (!document.finishReason.isEmpty && type.isEmpty) this.isTerminated = true;
  }

  /** Cut short, and that is all there will be: as a finish reason that is not among those allowed. */
  private takeIncomplete(): void {
    this.isTerminated = true;
    if (this.config.finishReasons.length > 0) this.refuse("finish");
  }

  private takeText(root: JsonValue): void {
    this.value.append(this.textAt(this.config.streamValuePath, root));
    const merge = this.merge;
    if (merge !== null) this.mergeParts(merge);
    this.judgeLength();
  }

  private judgeLength(): void {
    const limit = this.config.maxValueBytes;
    const merge = this.merge;
    if (merge !== null && merge.isTooWide) this.refuse("size");
    if (limit == 0) return;
    const length = merge === null ? this.value.length : max(this.value.length, merge.length);
    if (length > limit) this.refuse("size");
  }

  private mergeParts(merge: MessageMerge): void {
    const document = this.document;
    const parts = this.parts;
    // Copies: what an event that came in pieces says lies in a buffer that the next one overwrites.
    const part = document.part;
    if (part !== null) merge.add(part);
    if (parts.id.isEmpty) parts.id = textOf(document.id).copy();
    if (parts.model.isEmpty) parts.model = textOf(document.model).copy();
    if (!document.finishReason.isEmpty) parts.finishReason = document.finishReason.copy();
    const usage = document.usage;
    if (usage !== null && usage.isObject) parts.usage = usage.raw.copy();
  }

  private record(text: Slice, nowS: i64): Slice {
    const merge = this.merge;
    if (merge === null || merge.isEmpty) return text;
    this.parts.message = merge.toSlice();
    return this.recordOf(this.parts, text, nowS);
  }
}

/** Whatever such an event says: providers that have no `error` in its data name it so. */
function isNamedError(event: Slice): bool {
  const fields = new SseFields(event);
  while (fields.next()) {
    if (fields.nameIs(EVENT) && trim(fields.value).equals(ERROR)) return true;
  }
  return false;
}
