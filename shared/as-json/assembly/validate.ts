import { hexValue, isValidUtf8, Slice } from "@ai-gateway-wasm/bytes";
import { Char, isBlank, isDigit } from "./char";
import { isKey } from "./cursor";
import { MOST_TWINS } from "./key-path";
import { typeAt } from "./type";
import { JsonValue, readJson } from "./value";

/** How deep arrays and objects of a configuration may nest. */
export const MAX_DEPTH = 512;

/** The depth at which Go's JSON reader gives up. */
export const MAX_BODY_DEPTH = 10000;

/**
 * The value of a whole text that is valid JSON in valid UTF-8 and at most 512 levels deep, for
 * configuration; null when it is not.
 */
export function parseJson(text: Slice): JsonValue | null {
  if (!isValidJson(text, MAX_DEPTH) || !isValidUtf8(text)) return null;
  return readJson(text);
}

/**
 * Whether the whole text is one JSON value (RFC 8259) of at most `maxDepth` nested containers.
 * As Go's `json.Valid`, it lets repeated keys and bytes that are not UTF-8 pass inside strings.
 */
export function isValidJson(text: Slice, maxDepth: i32 = MAX_BODY_DEPTH): bool {
  return new Validator(text, maxDepth).run();
}

/**
 * The values of the root's members of this name, `MOST_TWINS` at most, in document order, of a text
 * that `isValidJson` accepts; none where the root is no object. Null: the text is not valid. One walk
 * over the text in place of two, of which the second took 24 of 52 µs for a chat of 200 KiB (Node 20).
 */
export function readValidMembers(text: Slice, name: Slice): JsonValue[] | null {
  const reader = new MemberReader(text, name);
  return reader.run() ? reader.members : null;
}

/**
 * One bit per open container of the text that is checked now: 1 for an object. One text is checked at
 * a time, and memory of its own would be the largest object that most requests make.
 */
const LEVELS: usize = memory.data((MAX_BODY_DEPTH >> 6) * 8 + 8, 8);

/** Checks the grammar byte by byte; nesting is a bit per level, not a call per level. */
class Validator {
  protected at: usize;
  protected readonly end: usize;
  private depth: i32 = 0;
  private readonly maxDepth: i32;
  /** The innermost open container is an object. */
  private isObject: bool = false;

  constructor(text: Slice, maxDepth: i32) {
    this.at = text.ptr;
    this.end = text.ptr + <usize>text.length;
    this.maxDepth = min(maxDepth, MAX_BODY_DEPTH); // what `LEVELS` has room for
  }

  run(): bool {
    while (true) {
      // Here a value is expected.
      const first = this.peek();
      if (first == Char.OpenCurly || first == Char.OpenSquare) {
        if (!this.open(first == Char.OpenCurly)) return false;
        const next = this.peek();
        if (next != Char.CloseCurly && next != Char.CloseSquare) {
          if (first == Char.OpenCurly && !this.key()) return false;
          continue;
        }
      } else if (!this.scalar(first)) {
        return false;
      }
      if (!this.close()) return false;
      if (this.depth == 0) return this.peek() < 0;
    }
  }

  /** A member of the root follows, its key in `[start, end)`: for who wants to know. */
  protected onMember(_start: usize, _end: usize): void {}

  /** After a value: closes containers until a comma asks for another value or all are closed. */
  private close(): bool {
    while (this.depth > 0) {
      const next = this.peek();
      this.at++;
      if (next == Char.Comma) return !this.isObject || this.key();
      if (next != (this.isObject ? Char.CloseCurly : Char.CloseSquare)) return false;
      this.depth--;
      if (this.depth > 0) this.isObject = isObjectAt(this.depth - 1);
    }
    return true;
  }

  private open(isObject: bool): bool {
    if (this.depth == this.maxDepth) return false;
    const bit: u64 = (<u64>1) << (this.depth & 63);
    const word = levelsAt(this.depth);
    store<u64>(word, isObject ? load<u64>(word) | bit : load<u64>(word) & ~bit);
    this.isObject = isObject;
    this.depth++;
    this.at++;
    return true;
  }

  /** The next byte that is not blank, not consumed; -1 at the end. */
  protected peek(): i32 {
    const end = this.end;
    let at = this.at;
    while (at < end) {
      const byte = <i32>load<u8>(at);
      if (byte > Char.Space || !isBlank(byte)) {
        this.at = at;
        return byte;
      }
      at++;
    }
    this.at = at;
    return -1;
  }

  private byte(): i32 {
    return this.at < this.end ? <i32>load<u8>(this.at) : -1;
  }

  private key(): bool {
    if (this.peek() != Char.Quote) return false;
    const start = this.at + 1;
    if (!this.string()) return false;
    const end = this.at - 1;
    if (this.peek() != Char.Colon) return false;
    this.at++;
    if (this.depth == 1) this.onMember(start, end);
    return true;
  }

  private scalar(first: i32): bool {
    switch (first) {
      case Char.Quote:
        return this.string();
      case 0x74: // t
        return this.word(0x65757274, 4);
      case 0x6e: // n
        return this.word(0x6c6c756e, 4);
      case 0x66: // f: the last four letters of "false"
        this.at++;
        return this.word(0x65736c61, 4);
      default:
        return this.number();
    }
  }

  /** Four letters, given as the little-endian number they make. */
  private word(letters: u32, length: usize): bool {
    if (this.at + length > this.end || load<u32>(this.at) != letters) return false;
    this.at += length;
    return true;
  }

  private number(): bool {
    if (this.byte() == Char.Minus) this.at++;
    if (this.byte() == Char.Zero) this.at++;
    else if (!this.digits()) return false;
    if (this.byte() == Char.Dot) {
      this.at++;
      if (!this.digits()) return false;
    }
    if ((this.byte() | 0x20) != 0x65) return true; // e
    this.at++;
    if (this.byte() == Char.Plus || this.byte() == Char.Minus) this.at++;
    return this.digits();
  }

  private digits(): bool {
    const start = this.at;
    while (isDigit(this.byte())) this.at++;
    return this.at > start;
  }

  /** The inner loop of the validator: works on a local position. */
  private string(): bool {
    const end = this.end;
    let at = this.at + 1;
    while (at < end) {
      if (at + 16 <= end) {
        const stop = i8x16.bitmask(stops(v128.load(at)));
        if (stop == 0) {
          at += 16;
          // Long strings, thirty-two bytes at a time.
          while (at + 32 <= end) {
            if (v128.any_true(v128.or(stops(v128.load(at)), stops(v128.load(at, 16))))) break;
            at += 32;
          }
          continue;
        }
        at += <usize>ctz(stop);
      }
      const byte = <i32>load<u8>(at++);
      if (byte == Char.Quote) {
        this.at = at;
        return true;
      }
      if (byte < Char.Space) return false;
      if (byte != Char.Backslash) continue;
      this.at = at;
      if (!this.escape()) return false;
      at = this.at;
    }
    return false;
  }

  /** What follows a backslash. */
  private escape(): bool {
    switch (this.byte()) {
      case Char.Quote:
      case Char.Backslash:
      case Char.Slash:
      case 0x62: // b
      case 0x66: // f
      case 0x6e: // n
      case 0x72: // r
      case 0x74: // t
        this.at++;
        return true;
      case 0x75: // u
        this.at++;
        for (let i = 0; i < 4; i++, this.at++) if (hexValue(this.byte()) < 0) return false;
        return true;
      default:
        return false;
    }
  }
}

/** Keeps the members of one name on the way. */
@final
class MemberReader extends Validator {
  readonly members: JsonValue[] = [];
  /** What keeps the text alive; null: the callback arena. */
  private readonly owner: StaticArray<u8> | null;

  constructor(
    text: Slice,
    private readonly name: Slice,
  ) {
    super(text, MAX_BODY_DEPTH);
    this.owner = text.owner;
  }

  protected override onMember(start: usize, end: usize): void {
    if (this.members.length == MOST_TWINS || !isKey(start, end, this.name)) return;
    this.peek(); // to where the value begins, if there is one: without one the text is not valid
    const type = typeAt(this.at, this.end);
    this.members.push(new JsonValue(type, this.at, this.end, this.owner));
  }
}

/** Where a string may end or go wrong: quotes, backslashes and control characters. */
// @ts-expect-error: decorator
@inline
function stops(chunk: v128): v128 {
  const quotes = i8x16.eq(chunk, i8x16.splat(<i8>Char.Quote));
  const slashes = i8x16.eq(chunk, i8x16.splat(<i8>Char.Backslash));
  // The smaller of a byte and 0x1f is the byte: engines need two more steps for `lt_u`.
  const controls = i8x16.eq(i8x16.min_u(chunk, i8x16.splat(<i8>Char.Space - 1)), chunk);
  return v128.or(v128.or(quotes, slashes), controls);
}

function isObjectAt(level: i32): bool {
  return ((load<u64>(levelsAt(level)) >> (level & 63)) & 1) != 0;
}

/** Address of the word with this level's bit. */
function levelsAt(level: i32): usize {
  return LEVELS + <usize>((level >> 6) << 3);
}
