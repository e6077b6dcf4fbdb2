import { Builder, Slice, bytes } from "@ai-gateway-wasm/bytes";
import { findLineEnd } from "./line-end";

const COLON: u8 = 0x3a;
const SPACE: u8 = 0x20;
const LINE_FEED: u8 = 0x0a;
const DATA: Slice = bytes("data");

/**
 * Walks over the fields of one event, as `SseReader` gives it:
 *
 *   const fields = new SseFields(reader.event);
 *   while (fields.next()) if (fields.nameIs(EVENT)) type = fields.value;
 *
 * Comments are skipped; a line without a colon is a field with an empty value; one space after the
 * colon does not belong to the value. What a field means (WHATWG HTML 9.2.6) is up to the caller.
 */
@final
export class SseFields {
  private at: usize;
  private readonly end: usize;
  private nameAt: usize = 0;
  private nameEnd: usize = 0;
  private lineEnd: usize = 0;

  constructor(private readonly event: Slice) {
    this.at = event.ptr;
    this.end = event.ptr + <usize>event.length;
  }

  /** Moves to the next field; false when there is none. */
  next(): bool {
    while (this.at < this.end) {
      const start = this.at;
      const lineEnd = findLineEnd(start, this.end);
      this.at = lineEnd + 1;
      // Nothing stands between the two bytes of a CRLF; a colon in front marks a comment.
      if (lineEnd == start || load<u8>(start) == COLON) continue;
      this.nameAt = start;
      this.nameEnd = findColon(start, lineEnd);
      this.lineEnd = lineEnd;
      return true;
    }
    return false;
  }

  /** Whether the present field has this name; names are case-sensitive. */
  nameIs(name: Slice): bool {
    return this.name.equals(name);
  }

  /** Name of the present field. Shares the event's memory. */
  get name(): Slice {
    return this.part(this.nameAt, this.nameEnd);
  }

  /** Value of the present field. Shares the event's memory. */
  get value(): Slice {
    let at = min(this.nameEnd + 1, this.lineEnd);
    if (at < this.lineEnd && load<u8>(at) == SPACE) at++;
    return this.part(at, this.lineEnd);
  }

  private part(at: usize, end: usize): Slice {
    return new Slice(at, <i32>(end - at), this.event.owner);
  }
}

function findColon(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) != COLON) at++;
  return at;
}

/**
 * The data of an event: the values of its `data` fields joined by LF. Shares the event's memory
 * when there is one such field, as in every LLM API; null when there is none.
 */
export function dataOf(event: Slice): Slice | null {
  const fields = new SseFields(event);
  let first: Slice | null = null;
  let joined: Builder | null = null;
  while (fields.next()) {
    if (!fields.nameIs(DATA)) continue;
    const value = fields.value;
    if (first === null) {
      first = value;
      continue;
    }
    if (joined === null) joined = new Builder(event.length).append(first);
    joined.appendByte(LINE_FEED).append(value);
  }
  return joined === null ? first : joined.view();
}

/**
 * The event with other data: a `data` field for each of its lines, where the first one stood. All
 * other lines stay, comments, too; each ends with LF.
 */
export function replaceData(event: Slice, data: Slice): Builder {
  const out = new Builder(event.length + data.length);
  const end = event.ptr + <usize>event.length;
  let isDone = false;
  for (let at = event.ptr; at < end;) {
    const lineEnd = findLineEnd(at, end);
    const line = new Slice(at, <i32>(lineEnd - at), event.owner);
    at = lineEnd + 1;
    if (line.isEmpty) continue; // between the two bytes of a CRLF
    if (!isData(line)) out.append(line).appendByte(LINE_FEED);
    else if (!isDone) {
      appendData(out, data);
      isDone = true;
    }
  }
  return out.appendByte(LINE_FEED);
}

function isData(line: Slice): bool {
  return line.startsWith(DATA) && (line.length == DATA.length || line.at(DATA.length) == COLON);
}

function appendData(out: Builder, data: Slice): void {
  let at = 0;
  while (at <= data.length) {
    const next = data.indexOf(LINE_FEED, at);
    const end = next < 0 ? data.length : next;
    out.append(DATA).appendText(": ").append(data.sub(at, end)).appendByte(LINE_FEED);
    at = end + 1;
  }
}
