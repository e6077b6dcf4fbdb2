import { Builder, Slice } from "@ai-gateway-wasm/bytes";
import { PieceSkip, skipNumber } from "@ai-gateway-wasm/as-json";
import { UsageDocument, keeps } from "./document";
import { FIRST_PLACE, Place, UNKNOWN_KEY, findKey, isUsage, parentOf } from "./keys";

/** Bytes kept of a key or value that a chunk cut off. */
const MAX_HELD: i32 = 32 * 1024;

/** Where in the text the next byte stands; the caret is under it. */
const enum State {
  /*  [{"usage":{}},{"usage":{}}]
      ^            ^             */
  Outside,
  /*  {"usage": 1, "model": 2}
       ^           ^         ^   */
  BeforeKey,
  /*  {"usage": 1}
        ^^^^^^                   */
  Key,
  /*  {"usage": 1}
              ^^                 */
  BeforeValue,
  /*  {"model": "m", "choices": [{}]}
                 ^^              ^^^  */
  Value,
  /*  {"total_tokens": 12}
                        ^        */
  Scalar,
}

const QUOTE: u8 = 0x22;
const COMMA: u8 = 0x2c;
const COLON: u8 = 0x3a;
const OPEN_CURLY: u8 = 0x7b;
const CLOSE_CURLY: u8 = 0x7d;
const SPACE: u8 = 0x20;

/**
 * Reads what matters out of JSON that arrives in chunks, cut anywhere, of any length:
 *
 *   scanner.feed(chunk);
 *   while (scanner.next()) read(scanner.document);
 *
 * A text may hold several documents: whatever stands between two objects is skipped, so a list of
 * objects (Gemini), one object per line, and the data of server-sent events are all read alike.
 * Of an object only the keys of `keys.ts` are looked at; other values are skipped at the speed of
 * as-json's scanner. Kept are the values found and a key or value that a chunk cut off, 64 KiB at
 * most. Nothing is validated, nothing recurses.
 */
@final
export class UsageScanner {
  /** What was found of the present document; valid until the next `next()`. */
  readonly document: UsageDocument = new UsageDocument();

  private state: State = State.Outside;
  private place: Place = Place.Root;
  /** Where the present key leads. */
  private target: i32 = UNKNOWN_KEY;
  private readonly skip: PieceSkip = new PieceSkip();
  private at: usize = 0;
  private end: usize = 0;
  /** Where the present key or value begins in this chunk. */
  private tokenAt: usize = 0;
  private tokenLength: i32 = 0;
  /** Whether its bytes are wanted. */
  private isWanted: bool = false;
  /** What earlier chunks had of it. */
  private held: Builder = new Builder(0);

  /** Takes the next chunk. Call `next` until it answers false before the chunk's bytes go away. */
  feed(chunk: Slice): void {
    this.at = chunk.ptr;
    this.end = chunk.ptr + <usize>chunk.length;
    this.tokenAt = this.at;
  }

  /** Moves to the next document that ends in the chunk; false when there is none any more. */
  next(): bool {
    while (this.at < this.end) {
      switch (this.state) {
        case State.Outside:
          this.findDocument();
          break;
        case State.BeforeKey:
          if (this.findKeyOrEnd()) return true;
          break;
        case State.Key:
          this.readKey();
          break;
        case State.BeforeValue:
          if (this.findValue()) return true;
          break;
        case State.Value:
          this.readValue();
          break;
        default:
          this.readScalar();
      }
    }
    if (this.isWanted) this.holdUpTo(this.end);
    return false;
  }

  /**
   * The text ends here, the next chunk begins another one. True when it ends inside a document
   * whose usage is complete all the same.
   */
  finish(): bool {
    const isCutOff = this.state != State.Outside;
    this.state = State.Outside;
    this.held.clear();
    this.isWanted = false;
    this.at = this.end;
    return isCutOff && this.document.hasUsage && !isUsage(this.place);
  }

  private findDocument(): void {
    let at = this.at;
    while (at < this.end && load<u8>(at) != OPEN_CURLY) at++;
    this.at = at;
    if (at == this.end) return;
    this.at = at + 1;
    this.document.clear();
    this.place = Place.Root;
    this.state = State.BeforeKey;
  }

  /** True when the document ends. */
  private findKeyOrEnd(): bool {
    for (let at = this.at; at < this.end; at++) {
      const byte = load<u8>(at);
      if (byte == QUOTE) {
        this.at = at + 1;
        this.tokenAt = at + 1;
        this.isWanted = true;
        this.skip.enterString();
        this.state = State.Key;
        return false;
      }
      if (isClosing(byte)) {
        this.at = at + 1;
        return this.leave();
      }
    }
    this.at = this.end;
    return false;
  }

  private readKey(): void {
    const after = this.skip.skip(this.at, this.end);
    this.at = after != 0 ? after : this.end;
    if (after == 0) return;
    this.target = this.takeToken(after - 1)
      ? findKey(this.place, this.tokenAt, this.tokenLength)
      : UNKNOWN_KEY;
    this.state = State.BeforeValue;
  }

  /** True when there is no value because the document ends. */
  private findValue(): bool {
    for (let at = this.at; at < this.end; at++) {
      const byte = load<u8>(at);
      if (byte <= SPACE || byte == COLON) continue;
      this.at = at + 1;
      if (isClosing(byte)) return this.leave();
      if (byte == COMMA) this.state = State.BeforeKey;
      else this.beginValue(at, byte);
      return false;
    }
    this.at = this.end;
    return false;
  }

  private beginValue(at: usize, byte: u8): void {
    if (this.target >= FIRST_PLACE && this.enter(byte)) return;
    const target = this.target;
    this.isWanted = target != UNKNOWN_KEY && !this.document.has(target);
    if (this.isWanted && !keeps(target, byte)) {
      this.document.noteEmpty(target);
      this.isWanted = false;
    }
    this.tokenAt = at;
    this.state = State.Value;
    if (byte == QUOTE) this.skip.enterString();
    else if (isOpening(byte)) this.skip.enterContainer();
    else this.state = State.Scalar;
  }

  /** Enters the object that the key leads to; false when the value is none. */
  private enter(byte: u8): bool {
    const place = <Place>(this.target - FIRST_PLACE);
    this.target = UNKNOWN_KEY;
    if (isUsage(place)) this.document.hasUsage = true;
    if (byte != OPEN_CURLY) return false;
    this.place = place;
    this.state = State.BeforeKey;
    return true;
  }

  /** True when the object that ends is the document. */
  private leave(): bool {
    const isDocument = this.place == Place.Root;
    this.state = isDocument ? State.Outside : State.BeforeKey;
    this.place = parentOf(this.place);
    return isDocument;
  }

  private readValue(): void {
    const after = this.skip.skip(this.at, this.end);
    this.at = after != 0 ? after : this.end;
    if (after != 0) this.noteValue(after);
  }

  /** A number or word ends with the byte after it, which may be in the next chunk. */
  private readScalar(): void {
    const after = skipNumber(this.at, this.end);
    this.at = after;
    if (after != this.end) this.noteValue(after);
  }

  private noteValue(end: usize): void {
    if (this.takeToken(end)) this.document.note(this.target, this.tokenAt, this.tokenLength);
    this.state = State.BeforeKey;
  }

  /** Makes the bytes up to `end`, and what was held before, the token; false when nobody wants it. */
  private takeToken(end: usize): bool {
    if (!this.isWanted) return false;
    const held = this.held;
    if (held.length == 0) {
      this.tokenLength = <i32>(end - this.tokenAt);
    } else {
      if (!this.holdUpTo(end)) return false;
      this.tokenAt = held.ptr;
      this.tokenLength = held.length;
      held.clear(); // its bytes stay until the next hold
    }
    this.isWanted = false;
    return true;
  }

  /** Keeps the bytes of the present token up to `end`; false when it got too long and is dropped. */
  private holdUpTo(end: usize): bool {
    const length = <i32>(end - this.tokenAt);
    if (length <= MAX_HELD - this.held.length) {
      this.held.appendRaw(this.tokenAt, length);
      this.tokenAt = end;
      return true;
    }
    this.held.clear();
    this.isWanted = false;
    if (this.state != State.Key) this.document.dropped++;
    return false;
  }
}

function isOpening(byte: u8): bool {
  return (byte | 0x20) == OPEN_CURLY;
}

/** Both kinds of bracket count alike, as in as-json. */
function isClosing(byte: u8): bool {
  return (byte | 0x20) == CLOSE_CURLY;
}
