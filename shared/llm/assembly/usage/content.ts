import { Slice, bytes, sameBytes } from "@ai-gateway-wasm/bytes";
import { PieceSkip } from "@ai-gateway-wasm/as-json";

const QUOTE: u8 = 0x22;
const COLON: u8 = 0x3a;
const SPACE: u8 = 0x20;

// OpenAI responses.
const DELTA: Slice = bytes("delta");
// OpenAI chat, `reasoning_content` too.
const CONTENT: Slice = bytes("content");
// Completions, Anthropic, Gemini, DashScope.
const TEXT: Slice = bytes("text");
// Anthropic.
const THINKING: Slice = bytes("thinking");
// Tool calls of OpenAI, of Anthropic.
const ARGUMENTS: Slice = bytes("arguments");
const PARTIAL_JSON: Slice = bytes("partial_json");

/** OpenAI's responses repeat each text when it is complete: of these events only deltas count. */
const RESPONSES_EVENT: Slice = bytes('"type":"response.');

/**
 * Counts the bytes of text that a model generated, for an estimate where a response says nothing
 * about its usage (token-rate-limit contract 7.5). It looks for keys that hold such text, without
 * following the document, and escapes count as they are written: an estimate, cheap and bounded.
 */
@final
export class ContentCounter {
  /** Bytes counted so far. */
  bytes: i64 = 0;

  private readonly skip: PieceSkip = new PieceSkip();
  /** The last chunk ended inside of a text. */
  private isInText: bool = false;
  private isResponses: bool = false;

  /** Takes the next chunk of the body. A key that is cut in two is not seen. */
  feed(chunk: Slice): void {
    // Their first event tells, before there is any text.
    if (this.bytes == 0 && chunk.find(RESPONSES_EVENT) >= 0) this.isResponses = true;
    const end = chunk.ptr + <usize>chunk.length;
    let at = chunk.ptr;
    if (this.isInText) at = this.countText(at, end);
    while (at < end) {
      const colon = findKeyEnd(at, end);
      if (colon == 0) return;
      const value = skipBlanks(colon + 1, end);
      if (value < end && load<u8>(value) == QUOTE && this.isText(at, colon - 1)) {
        this.skip.enterString();
        at = this.countText(value + 1, end);
      } else {
        at = value;
      }
    }
  }

  /** Counts a text up to its closing quote; answers the address after it. */
  private countText(at: usize, end: usize): usize {
    const after = this.skip.skip(at, end);
    this.isInText = after == 0;
    this.bytes += after == 0 ? end - at : after - 1 - at;
    return after == 0 ? end : after;
  }

  /** Whether the key that ends at `end` and may begin at `start` holds generated text. */
  private isText(start: usize, end: usize): bool {
    if (this.isResponses) return endsWith(start, end, DELTA);
    return (
      endsWith(start, end, CONTENT) ||
      endsWith(start, end, TEXT) ||
      endsWith(start, end, DELTA) ||
      endsWith(start, end, ARGUMENTS) ||
      endsWith(start, end, THINKING) ||
      endsWith(start, end, PARTIAL_JSON)
    );
  }
}

function endsWith(start: usize, end: usize, suffix: Slice): bool {
  const length = suffix.length;
  return <i32>(end - start) >= length && sameBytes(end - <usize>length, suffix.ptr, length);
}

/** Address of the colon of the next `":`, or 0. */
function findKeyEnd(at: usize, end: usize): usize {
  const quote = i8x16.splat(<i8>QUOTE);
  const colon = i8x16.splat(<i8>COLON);
  while (at + 17 <= end) {
    const quotes = i8x16.eq(v128.load(at), quote);
    const colons = i8x16.eq(v128.load(at, 1), colon);
    const hits = i8x16.bitmask(v128.and(quotes, colons));
    if (hits != 0) return at + <usize>ctz(hits) + 1;
    at += 16;
  }
  for (; at + 2 <= end; at++) {
    if (load<u8>(at) == QUOTE && load<u8>(at, 1) == COLON) return at + 1;
  }
  return 0;
}

function skipBlanks(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) <= SPACE) at++;
  return at;
}
