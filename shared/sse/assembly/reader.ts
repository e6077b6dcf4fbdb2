import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { findLineEnd, isLineFeed, isReturn } from "./line-end";

/** A tail longer than this gives its memory back once its event was read. */
const TAIL_TO_KEEP: i32 = 16 * 1024;

/**
 * Finds whole events in a stream of server-sent events that arrives in chunks, cut anywhere:
 *
 *   reader.feed(chunk);
 *   while (reader.next()) handle(reader.event);
 *
 * An event is everything up to a blank line; lines end with LF, CRLF or CR in any mix (WHATWG HTML
 * 9.2.5). An event that lies in one chunk is a view of that chunk: nothing is copied or allocated.
 * Only a chunk that ends inside an event leaves its tail behind, and the tail is bounded.
 *
 *   chunk 1   data: a\n\ndata: b        one event; "data: b" is the tail
 *   chunk 2   c\n\n                     one event: tail + "c"
 *
 * Where the cuts are changes nothing about which events there are and which fields they have.
 */
export class SseReader {
  /** How many events were longer than the bound and not yet complete. */
  dropped: i32 = 0;
  /** Address of the present event; only meaningful inside `shared/`, until the next `next()`. */
  eventAt: usize = 0;
  /** Address after the present event. */
  eventEnd: usize = 0;

  /** Address behind the present event's blank line; half of a CRLF may follow. */
  get behindEvent(): usize {
    return this.at;
  }

  /** What keeps the present chunk alive; null: the callback arena. */
  private owner: StaticArray<u8> | null = null;
  /** Where in the chunk the search goes on. */
  private at: usize = 0;
  private end: usize = 0;
  /** Beginning of the unfinished event, from earlier chunks. */
  private tail: Builder = new Builder(0);
  /** The present event lies in `tail`, which is cleared when the next one is asked for. */
  private isInTail: bool = false;
  /** The next byte begins a line, so a line end there makes it a blank one. */
  private isAtLineStart: bool = true;
  /** The last chunk ended with CR: if an LF follows, both are one line end. */
  private skipsLineFeed: bool = false;
  /** The unfinished event was too long: its rest is passed on, too. */
  isDropping: bool = false;
  /** The next event is the first one, which a byte order mark may precede. */
  private isFirst: bool = true;

  /**
   * @param maxTail how many bytes of an unfinished event may be kept from chunk to chunk
   * @param isLines each line is an event, as in NDJSON
   */
  constructor(
    private readonly maxTail: i32 = 256 * 1024,
    private readonly isLines: bool = false,
  ) {}

  /** Takes the next chunk. Call `next` until it answers false before the chunk's bytes go away. */
  feed(chunk: Slice): void {
    this.owner = chunk.owner;
    this.at = chunk.ptr;
    this.end = chunk.ptr + <usize>chunk.length;
  }

  /**
   * Whether the next chunk begins a new event. Not for the first: a byte order mark may precede it.
   * Half of a CRLF may be left: it would be one more blank line.
   */
  get isBetweenEvents(): bool {
    return this.isAtLineStart && this.tail.length == 0 && !this.isDropping && !this.isFirst;
  }

  /** Moves to the next complete event; false when the chunk has none any more. */
  next(): bool {
    if (this.isInTail) this.clearTail();
    const end = this.end;
    let at = this.at;
    if (at < end && this.skipsLineFeed) {
      this.skipsLineFeed = false;
      if (isLineFeed(load<u8>(at))) at++;
    }
    let start = at;
    while (at < end) {
      const lineEnd = findLineEnd(at, end);
      if (lineEnd == end) {
        this.isAtLineStart = false;
        break;
      }
      const isBlank = this.isLines || (lineEnd == at && this.isAtLineStart);
      at = this.behindLineEnd(lineEnd);
      this.isAtLineStart = true;
      if (!isBlank) continue;
      if (this.finishEvent(start, lineEnd)) {
        this.at = at;
        return true;
      }
      start = at;
    }
    this.keepTail(start);
    this.at = end;
    return false;
  }

  /**
   * The stream has ended: true when it ends inside an event, which then is the present one. The
   * specification discards it, hosts that count tokens do not; the caller decides.
   */
  finish(): bool {
    if (this.isInTail) this.clearTail();
    return this.finishEvent(this.end, this.end);
  }

  /** The present event without its blank line; valid until `next`, `feed` or its chunk ends. */
  get event(): Slice {
    const owner = this.isInTail ? this.tail.view().owner : this.owner;
    return new Slice(this.eventAt, <i32>(this.eventEnd - this.eventAt), owner);
  }

  /**
   * Address behind the line end at `lineEnd`, of which CRLF is one:
   *
   *   data: a␍▲␊        when the chunk ends at the caret, the LF is skipped in the next one
   */
  private behindLineEnd(lineEnd: usize): usize {
    const next = lineEnd + 1;
    if (!isReturn(load<u8>(lineEnd))) return next;
    if (next == this.end) this.skipsLineFeed = true;
    else if (isLineFeed(load<u8>(next))) return next + 1;
    return next;
  }

  /** Makes tail + `[start, end)` the present event; false when that is nothing. */
  private finishEvent(start: usize, end: usize): bool {
    if (this.isDropping) {
      this.isDropping = false;
      this.pass(start, end, true);
      return false;
    }
    const tail = this.tail;
    if (tail.length == 0) {
      if (start == end) return false; // one more blank line
      this.eventAt = start;
      this.eventEnd = end;
    } else {
      tail.appendRaw(start, <i32>(end - start));
      this.isInTail = true;
      this.eventAt = tail.ptr;
      this.eventEnd = tail.ptr + <usize>tail.length;
    }
    if (this.isFirst) this.skipByteOrderMark();
    return true;
  }

  private skipByteOrderMark(): void {
    this.isFirst = false;
    if (this.eventEnd - this.eventAt < 3) return;
    if (load<u16>(this.eventAt) == 0xbbef && load<u8>(this.eventAt + 2) == 0xbf) this.eventAt += 3;
  }

  /** Keeps the unfinished event that begins at `start`, or drops it for good. */
  private keepTail(start: usize): void {
    const length = <i32>(this.end - start);
    if (length == 0) return;
    const tail = this.tail;
    if (!this.isDropping) {
      if (length <= this.maxTail - tail.length) {
        tail.appendRaw(start, length);
        return;
      }
      this.pass(tail.ptr, tail.ptr + <usize>tail.length, false);
      this.clearTail();
      this.isDropping = true;
      this.isFirst = false;
      this.dropped++;
    }
    this.pass(start, this.end, false);
  }

  /**
   * A piece of an event that is too long to be kept, cut anywhere. Dropped, unless somebody overrides this.
   *
   * @param isLast the event ends here
   */
  protected pass(_at: usize, _end: usize, _isLast: bool): void {}

  private clearTail(): void {
    this.isInTail = false;
    if (this.tail.length > TAIL_TO_KEEP) this.tail = new Builder(0);
    else this.tail.clear();
  }
}
