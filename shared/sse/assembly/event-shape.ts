import { Builder, bytes, sameBytes, Slice } from "@ai-gateway-wasm/bytes";

const QUOTE: u8 = 0x22;
const BACKSLASH: u8 = 0x5c;
const SPACE: u8 = 0x20;
const LINE_FEED: u8 = 0x0a;
const RETURN: u8 = 0x0d;
/** OpenAI's random text behind the one that counts, which hides how long that is. */
const PADDING: Slice = bytes('"obfuscation":"');

/**
 * What the events of a stream have in common. Nearly all of them differ in one text only:
 *
 *   data: {"id":"c1","model":"m","choices":[{"delta":{"content":"▁▁▁▁"}}]}␊␊
 *   ╰────────────────────── head ─────────────────────────────╯     ╰─ tail ─╯
 *
 * So an event with the same head and the same tail says nothing else than the one before, and does
 * not have to be read: a comparison of some 200 bytes in place of a walk over its JSON. 200 events
 * cost 0.3 µs each with it. OpenAI's have a second text, of which nobody wants to know:
 *
 *   …{"content":"▁▁▁▁"}}],"obfuscation":"▁▁▁▁"}␊␊
 *                    ╰──── middle ─────╯    ╰tail╯
 */
@final
export class EventShape {
  /** The text of the event that was compared last, between its quotes, as it stands there. */
  textAt: usize = 0;
  textLength: i32 = 0;
  /** Whether it has escapes. */
  isEscaped: bool = false;

  private readonly head: Builder = new Builder(0);
  /** Empty: only one text changes. */
  private readonly middle: Builder = new Builder(0);
  private readonly tail: Builder = new Builder(0);
  private isKnown: bool = false;

  /** Forgets the shape. */
  clear(): void {
    this.isKnown = false;
  }

  /**
   * Takes the shape of an event without its blank line, which must be like the end of its last line:
   * a line feed, or CRLF.
   *
   * @param text where the text begins, behind its quote. @param after where its closing quote stands
   * @param skipsPadding nobody reads `obfuscation`
   */
  learn(event: Slice, text: i32, after: i32, skipsPadding: bool = false): void {
    const length = event.length;
    if (after >= length || event.at(length - 1) != LINE_FEED) return;
    this.head.clear();
    this.head.append(event.sub(0, text));
    const tail = this.takeMiddle(event, after, skipsPadding);
    this.tail.clear();
    this.tail.append(event.sub(tail));
    if (event.at(length - 2) == RETURN) this.tail.appendByte(RETURN);
    this.tail.appendByte(LINE_FEED);
    this.isKnown = true;
  }

  /**
   * Whether an event of this shape begins at `at`. Answers the address behind its blank line, or 0,
   * and leaves the text in `textAt`.
   */
  match(at: usize, end: usize): usize {
    const head = this.head.length;
    const tail = this.tail.length;
    if (!this.isKnown || at + <usize>(head + tail) > end) return 0;
    if (!sameBytes(at, this.head.ptr, head)) return 0;
    const text = at + <usize>head;
    const quote = this.findQuote(text, end);
    const isEscaped = this.isEscaped;
    const last = this.middle.length == 0 || quote == 0 ? quote : this.passPadding(quote, end);
    if (last == 0 || last + <usize>tail > end) return 0;
    if (!sameBytes(last, this.tail.ptr, tail)) return 0;
    this.textAt = text;
    this.textLength = <i32>(quote - text);
    this.isEscaped = isEscaped;
    return last + <usize>tail;
  }

  /** Takes what stands between the two texts; answers where the second one ends, or `after`. */
  private takeMiddle(event: Slice, after: i32, skipsPadding: bool): i32 {
    this.middle.clear();
    const padding = skipsPadding ? event.find(PADDING, after) : -1;
    if (padding < 0) return after;
    const begin = padding + PADDING.length;
    const end = event.ptr + <usize>event.length;
    const quote = this.findQuote(event.ptr + <usize>begin, end);
    if (quote == 0) return after;
    this.middle.append(event.sub(after, begin));
    return <i32>(quote - event.ptr);
  }

  /** Address of the quote that closes the second text, or 0. @param at where the first one's stands */
  private passPadding(at: usize, end: usize): usize {
    const middle = this.middle.length;
    if (at + <usize>middle > end || !sameBytes(at, this.middle.ptr, middle)) return 0;
    return this.findQuote(at + <usize>middle, end);
  }

  /** Address of the quote that closes the text, or 0: also when a line ends in it. */
  private findQuote(at: usize, end: usize): usize {
    this.isEscaped = false;
    const quote = i8x16.splat(<i8>QUOTE);
    const backslash = i8x16.splat(<i8>BACKSLASH);
    const space = i8x16.splat(<i8>SPACE);
    while (at + 16 <= end) {
      const chunk = v128.load(at);
      const marks = v128.or(i8x16.eq(chunk, quote), i8x16.eq(chunk, backslash));
      const hits = i8x16.bitmask(v128.or(marks, i8x16.lt_u(chunk, space)));
      if (hits == 0) {
        at += 16;
        continue;
      }
      at += <usize>ctz(hits);
      const byte = load<u8>(at);
      if (byte != BACKSLASH) return byte == QUOTE ? at : 0;
      if (endsLine(at + 1, end)) return 0;
      this.isEscaped = true;
      at += 2;
    }
    for (; at < end; at++) {
      const byte = load<u8>(at);
      if (byte == QUOTE) return at;
      if (byte < SPACE) return 0;
      if (byte != BACKSLASH) continue;
      if (endsLine(at + 1, end)) return 0;
      this.isEscaped = true;
      at++;
    }
    return 0;
  }
}

/** Whether a line, or what has come of it, ends there: a backslash before it escapes nothing. */
function endsLine(at: usize, end: usize): bool {
  return at >= end || load<u8>(at) < SPACE;
}
