import { Builder, NO_BYTES, Slice } from "@ai-gateway-wasm/bytes";
import { RedisReply, RedisType } from "./redis-reply";

/** Arrays inside arrays that a reply may have. Scripts of ours answer two levels. */
const MAX_DEPTH: i32 = 16;

const NULL_LENGTH: i32 = -1;
const BAD_LENGTH: i32 = -2;

/**
 * A command in RESP2: an array of bulk strings.
 *
 *   *2␍␊ $3␍␊get␍␊ $5␍␊quota␍␊
 */
export function encodeCommand(words: Slice[]): Slice {
  const out = new Builder();
  appendLength(out, 0x2a, words.length);
  for (let i = 0; i < words.length; i++) {
    appendLength(out, 0x24, words[i].length);
    appendLineEnd(out.append(words[i]));
  }
  return out.view();
}

/**
 * The value that a RESP2 reply begins with; bytes after it are ignored, as peers do. Null when it
 * is cut off, no RESP2, or nested deeper than 16 arrays.
 *
 * @param reply host memory: the values are views of it
 */
export function parseReply(reply: Slice): RedisReply | null {
  return new RespReader(reply).value(0);
}

function appendLength(out: Builder, mark: u8, length: i32): void {
  appendLineEnd(out.appendByte(mark).appendInteger(length));
}

function appendLineEnd(out: Builder): void {
  out.appendByte(0x0d).appendByte(0x0a);
}

/** Reads values one after the other. */
@final
class RespReader {
  private at: i32 = 0;

  constructor(private readonly data: Slice) {}

  value(depth: i32): RedisReply | null {
    const mark = this.data.at(this.at++);
    const line = this.line();
    if (line === null) return null;
    switch (mark) {
      case 0x2b: // '+'
        return new RedisReply(RedisType.Text, line);
      case 0x2d: // '-'
        return new RedisReply(RedisType.Error, line);
      case 0x3a: // ':'
        return isInteger(line) ? new RedisReply(RedisType.Integer, line) : null;
      case 0x24: // '$'
        return this.bulk(line);
      case 0x2a: // '*'
        return depth < MAX_DEPTH ? this.array(line, depth) : null;
      default:
        return null;
    }
  }

  /** `$5␍␊quota␍␊`, or `$-1␍␊` for null. */
  private bulk(header: Slice): RedisReply | null {
    const length = this.lengthOf(header);
    if (length == NULL_LENGTH) return new RedisReply(RedisType.Null, NO_BYTES);
    const end = this.at + length;
    if (length < 0 || this.data.at(end) != 0x0d || this.data.at(end + 1) != 0x0a) return null;
    const text = this.data.sub(this.at, end);
    this.at = end + 2;
    return new RedisReply(RedisType.Text, text);
  }

  /** `*2␍␊` and so many values, or `*-1␍␊` for null. */
  private array(header: Slice, depth: i32): RedisReply | null {
    const count = this.lengthOf(header);
    if (count == NULL_LENGTH) return new RedisReply(RedisType.Null, NO_BYTES);
    if (count < 0) return null;
    const items: RedisReply[] = [];
    for (let i = 0; i < count; i++) {
      const item = this.value(depth + 1);
      if (item === null) return null;
      items.push(item);
    }
    return new RedisReply(RedisType.Array, NO_BYTES, items);
  }

  /** A length that the rest of the reply can hold: an element takes three bytes at least. */
  private lengthOf(header: Slice): i32 {
    if (header.length == 2 && header.at(0) == 0x2d && header.at(1) == 0x31) return NULL_LENGTH;
    const rest = this.data.length - this.at;
    let length = 0;
    for (let i = 0; i < header.length; i++) {
      const digit = header.at(i) - 0x30;
      if (<u32>digit > 9) return BAD_LENGTH;
      length = length * 10 + digit;
      if (length > rest) return BAD_LENGTH;
    }
    return header.isEmpty ? BAD_LENGTH : length;
  }

  /** The bytes up to the next CR LF, which is consumed; null when there is none. */
  private line(): Slice | null {
    for (let end = this.data.indexOf(0x0d, this.at); end >= 0;) {
      if (this.data.at(end + 1) == 0x0a) {
        const line = this.data.sub(this.at, end);
        this.at = end + 2;
        return line;
      }
      end = this.data.indexOf(0x0d, end + 1);
    }
    return null;
  }
}

function isInteger(text: Slice): bool {
  const start = text.at(0) == 0x2d || text.at(0) == 0x2b ? 1 : 0;
  for (let i = start; i < text.length; i++) {
    if (<u32>(text.at(i) - 0x30) > 9) return false;
  }
  return text.length > start;
}
