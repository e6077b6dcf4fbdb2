import { unescape } from "@ai-gateway-wasm/as-json";
import { NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { SseReader } from "@ai-gateway-wasm/sse";
import { EventShape } from "@ai-gateway-wasm/sse/event-shape";
import { Api } from "./api/api";
import { blankLineBefore } from "./event-ends";
import { EventText, EventTexts } from "./event-texts";

const QUOTE: i32 = 0x22;

/**
 * The events of a stream that arrives in chunks, and what they say. Nearly all differ from the one
 * before in one text only, and are not read as JSON:
 *
 *   events.feed(chunk);
 *   while (events.next()) …events.start, events.end, events.alike or events.texts
 */
@final
export class StreamEvents {
  /** Where the present event begins in the chunk; negative: in one before. */
  start: i32 = 0;
  /** Where its blank line ends. */
  end: i32 = 0;
  /** The one text in which it differs from the event before; null: it was read for itself. */
  alike: EventText | null = null;
  private reader: SseReader;
  private readonly shape: EventShape = new EventShape();
  /** The text of the event whose shape is known. */
  private pattern: EventText | null = null;
  private chunk: Slice = NO_BYTES;
  /** In the chunk, behind the present event. */
  private at: i32 = 0;

  /**
   * @param maxTail most bytes of an event that is not complete
   * @param areLines each line is an event
   */
  constructor(
    private readonly api: Api,
    private readonly maxTail: i32,
    areLines: bool,
  ) {
    this.reader = new SseReader(maxTail, areLines);
  }

  /** Some events were too long, and are not known. */
  get hasDropped(): bool {
    return this.reader.dropped > 0;
  }

  /** What came last belongs to no event that has begun. */
  get isBetweenEvents(): bool {
    return this.reader.isBetweenEvents;
  }

  /** What came last belongs to an event that is too long, and is not known. */
  get isDropping(): bool {
    return this.reader.isDropping;
  }

  /** The event that was read for itself, without its blank line. */
  get event(): Slice {
    return this.reader.event;
  }

  /** Takes the next chunk, which must stay until `next` answers false. */
  feed(chunk: Slice): void {
    this.chunk = chunk;
    this.at = 0;
    this.reader.feed(chunk);
  }

  /** Goes to the next event; false: the chunk has no more. */
  next(): bool {
    const reader = this.reader;
    if (reader.isBetweenEvents && this.nextAlike()) return true;
    const chunk = this.chunk;
    if (this.at != <i32>(reader.behindEvent - chunk.ptr)) reader.feed(chunk.sub(this.at));
    const hasNext = reader.next();
    this.at = <i32>(reader.behindEvent - chunk.ptr);
    if (hasNext) this.place(this.at, blankLineBefore(chunk, this.at));
    return hasNext;
  }

  /** Forgets what has come of an event. */
  restart(): void {
    this.reader = new SseReader(this.maxTail);
  }

  /** The stream has ended; true: in an event, which is the present one then. */
  finish(): bool {
    if (!this.reader.finish()) return false;
    this.place(this.chunk.length, 0);
    return true;
  }

  /** Reads what the present event says. */
  read(): EventTexts {
    const said = this.api.readEvent(this.reader.event);
    this.learn(said);
    return said;
  }

  /** @param blank bytes of the blank line */
  private place(end: i32, blank: i32): void {
    const reader = this.reader;
    this.alike = null;
    this.start = end - blank - <i32>(reader.eventEnd - reader.eventAt);
    this.end = end;
  }

  /** An event of one text in a literal of its own shows what others may look like. */
  private learn(said: EventTexts): void {
    this.shape.clear();
    if (!said.isPlain || !this.api.readsAlike) return;
    const text = said.list[0];
    const event = this.reader.event;
    if (text.start < 0 || event.at(text.start) != QUOTE) return;
    this.shape.learn(event, text.start + 1, text.start + text.length - 1);
    this.pattern = text;
  }

  private nextAlike(): bool {
    const shape = this.shape;
    const chunk = this.chunk;
    const pattern = this.pattern;
    if (pattern === null) return false;
    const behind = shape.match(chunk.ptr + <usize>this.at, chunk.ptr + <usize>chunk.length);
    if (behind == 0) return false;
    const literal = new Slice(shape.textAt, shape.textLength, chunk.owner);
    const text = shape.isEscaped ? unescape(literal) : literal;
    if (text.isEmpty) return false; // another path may count then
    this.start = this.at;
    this.end = <i32>(behind - chunk.ptr);
    this.at = this.end;
    this.alike = pattern.like(text, literal.length);
    return true;
  }
}
